global using MeshLib.TestKit;
