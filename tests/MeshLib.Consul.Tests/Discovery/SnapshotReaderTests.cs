using System.Text.Json;
using System.Text.Json.Nodes;
using static MeshLib.Consul.Tests.TestConsul;

namespace MeshLib.Consul.Tests;

/// <summary>What becomes of the rows of an answer.</summary>
public class SnapshotReaderTests
{
    [Fact]
    public void Read_OfAFullRow_KeepsWhatTheMeshNeeds()
    {
        var row = Row("web-1", 8080, address: "10.20.0.1", meta: new JsonObject { ["version"] = "1.4.2", ["zone"] = "eu-1a", ["scheme"] = "HTTPS", ["port-admin"] = "9090" });
        row["Service"]!["Weights"] = new JsonObject { ["Passing"] = 10, ["Warning"] = 1 };
        var instance = Assert.Single(Read(row).Instances);

        Assert.Equal(("n1", "web-1", "10.20.0.1", 8080, "https"), (instance.Node, instance.Id, instance.Host.Text, instance.Port, instance.Scheme));
        Assert.Equal(9090, instance.NamedPorts["admin"]);
        var metadata = instance.Metadata;
        Assert.Equal(("web-1", "eu-1a", "1.4.2", 10, true), (metadata.Id, metadata.Zone, metadata.Version, metadata.Weight, metadata.Healthy));
        Assert.Equal(["v1"], metadata.Tags);
    }

    [Fact]
    [Trait("Scenario", "D17")]
    public void Read_OfTwoIdsAtOneAddress_KeepsTheFirstByNodeAndIdWithItsOwnWeight()
    {
        var snapshot = Read(Row("b", 8080), Row("a", 8080), Row("c", 8080, node: "n0"), Row("d", 8081));

        Assert.Equal(["c", "d"], snapshot.Instances.Select(instance => instance.Id));
        Assert.Equal(1, snapshot.Instances[0].Metadata.Weight);
        Assert.Equal(2, snapshot.Dropped[DropReason.Duplicate]);
    }

    [Fact]
    [Trait("Scenario", "D17")]
    public void Read_OfAnOldCriticalRowAtTheAddressOfALiveOne_KeepsTheLiveOne() =>
        Assert.Equal("z", Assert.Single(Read(Row("a", 8080, "critical"), Row("z", 8080)).Instances).Id);

    [Fact]
    [Trait("Scenario", "D17")]
    public void Read_OfOneIdOnTwoNodes_KeepsBoth() =>
        Assert.Equal(2, Read(Row("a", 8080), Row("a", 8080, node: "n2", address: "10.0.0.2")).Instances.Count);

    [Theory]
    [Trait("Scenario", "D18")]
    [InlineData("::1", "[::1]")]
    [InlineData("[::1]", "[::1]")]
    [InlineData("2001:DB8::0:1", "[2001:db8::1]")]
    [InlineData("::ffff:10.0.0.7", "10.0.0.7")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("Orders-1.node.DC1.consul", "orders-1.node.dc1.consul")]
    public void Read_OfAnAddress_GivesItAsAUriNeedsIt(string address, string host)
    {
        var instance = Assert.Single(Read(Row("a", 8080, address: address)).Instances);

        Assert.Equal(host, instance.Host.Text);
        Assert.Equal($"http://{host}:8080/", new Uri($"http://{instance.Host.Text}:{instance.Port}").AbsoluteUri);
    }

    [Theory]
    [Trait("Scenario", "D19")]
    [InlineData("10.1.1.1:90")]
    [InlineData("fe80::1%eth0")]
    [InlineData("http://10.0.0.1")]
    [InlineData("user@host")]
    [InlineData("host/path")]
    [InlineData("a b")]
    [InlineData("host\r\nX: y")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("0x7f000001")]
    [InlineData("010.0.0.1")]
    [InlineData("[10.0.0.1]")]
    [InlineData("-x-.")]
    [InlineData("bücher")]
    public void Read_OfSomethingThatIsNoPlainHost_DropsTheRowAlone(string address)
    {
        var snapshot = Read(Row("good", 8080), Row("bad", 8081, address: address));

        Assert.Equal("good", Assert.Single(snapshot.Instances).Id);
        Assert.Equal(1, snapshot.Dropped[DropReason.InvalidAddress]);
    }

    [Theory]
    [Trait("Scenario", "S06")]
    [InlineData("0.0.0.0")]
    [InlineData("169.254.169.254")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("fe80::1")]
    [InlineData("ff02::1")]
    public void Read_OfAnAddressThatNoServiceHas_RefusesItUnlessAllowed(string address)
    {
        Assert.Equal(1, Read(Row("a", 8080, address: address)).Dropped[DropReason.RefusedAddress]);
        Assert.Single(Read([Row("a", 8080, address: address)], allowSpecial: true).Instances);
    }

    [Theory]
    [Trait("Scenario", "D19")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("65536")]
    [InlineData("1e12")]
    [InlineData("80.5")]
    [InlineData("\"http\"")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("true")]
    public void Read_OfABadPort_DropsTheRowAlone(string port)
    {
        var bad = Row("bad", 1);
        bad["Service"]!["Port"] = JsonNode.Parse(port);
        var snapshot = Read(bad, Row("good", 8080));

        Assert.Equal("good", Assert.Single(snapshot.Instances).Id);
        Assert.Equal(1, snapshot.Dropped[DropReason.InvalidPort]);
    }

    [Fact]
    [Trait("Scenario", "D19")]
    public void Read_OfAPortWrittenAsText_TakesIt()
    {
        var row = Row("a", 1);
        row["Service"]!["Port"] = "8080";

        Assert.Equal(8080, Assert.Single(Read(row).Instances).Port);
    }

    [Theory]
    [Trait("Scenario", "D19")]
    [InlineData("\"\"")]
    [InlineData("null")]
    [InlineData("\" \"")]
    [InlineData("7")]
    public void Read_WithoutAServiceAddress_TakesTheAddressOfTheNode(string address)
    {
        var row = Row("a", 8080);
        row["Service"]!["Address"] = JsonNode.Parse(address);

        Assert.Equal("127.0.0.9", Assert.Single(Read(row).Instances).Host.Text);
    }

    [Fact]
    [Trait("Scenario", "D20")]
    public void Read_OfNullAndMissingAndUnknownMembers_TakesTheRow()
    {
        var snapshot = Deserialize("""
            [
              { "Node": { "Node": "n1", "Address": "10.0.0.1", "Meta": null, "New": { "a": [1] } },
                "Service": { "ID": "a", "Service": "orders", "Tags": null, "Address": null, "Meta": null, "TaggedAddresses": null, "Port": 1, "Weights": null, "PeerName": "x" }, "Checks": null },
              { "node": { "node": "n1", "address": "10.0.0.2" }, "service": { "id": "b", "service": "orders", "port": 2 } },
              { "Node": { "Node": "n1", "Address": "10.0.0.3" },
                "Service": { "ID": "c", "Service": "orders", "Port": 3, "Tags": ["x", null, 7], "Meta": { "version": 5, "zone": null, "weight": [] } }, "Checks": [null, { "Status": null }] },
              { "Node": null, "Service": { "ID": "d", "Service": "orders", "Port": 4 } },
              { "Node": {}, "Service": null },
              null
            ]
            """);

        Assert.Equal([("a", true), ("b", true), ("c", false)], snapshot.Instances.Select(instance => (instance.Id, instance.Metadata.Healthy)));
        Assert.Equal(["x"], snapshot.Instances[2].Metadata.Tags);
        Assert.Equal(3, snapshot.Dropped[DropReason.Incomplete]);
    }

    [Theory]
    [Trait("Scenario", "D20")]
    [InlineData("passing", true)]
    [InlineData("warning", true)]
    [InlineData("critical", false)]
    [InlineData("hibernating", false)]
    [InlineData("", false)]
    public void Read_OfAStatus_CallsEverythingUnknownUnhealthy(string status, bool healthy) =>
        Assert.Equal(healthy, Assert.Single(Read(Row("a", 8080, status)).Instances).Metadata.Healthy);

    [Theory]
    [InlineData("_node_maintenance")]
    [InlineData("_service_maintenance:a")]
    public void Read_OfAnInstanceInMaintenance_LeavesItOutWithoutCallingItBad(string check)
    {
        var row = Row("a", 8080);
        row["Checks"]!.AsArray().Add(new JsonObject { ["CheckID"] = check, ["Status"] = "critical" });
        var snapshot = Read(row);

        Assert.Empty(snapshot.Instances);
        Assert.Empty(snapshot.Dropped);
        Assert.Equal(1, snapshot.InMaintenance);
        Assert.False(snapshot.IsSuspiciouslyEmpty);
    }

    [Fact]
    [Trait("Scenario", "D21")]
    public void Read_OfARowOfAnotherService_DropsIt()
    {
        var snapshot = Read(Row("a", 8080), Row("b", 8081, service: "payments"), Row("c", 8082, service: "ORDERS"));

        Assert.Equal(["a", "c"], snapshot.Instances.Select(instance => instance.Id));
        Assert.Equal(1, snapshot.Dropped[DropReason.OtherService]);
    }

    [Theory]
    [Trait("Scenario", "D22")]
    [InlineData("7", 7)]
    [InlineData("0", 0)]
    [InlineData("-5", 0)]
    [InlineData("1000000000000", 65535)]
    [InlineData("null", 1)]
    [InlineData("\"12\"", 12)]
    [InlineData("\"heavy\"", 1)]
    [InlineData("{}", 1)]
    public void Read_OfAnyWeight_ClampsIt(string weight, int expected)
    {
        var row = Row("a", 8080);
        row["Service"]!["Weights"]!["Passing"] = JsonNode.Parse(weight);

        Assert.Equal(expected, Assert.Single(Read(row).Instances).Metadata.Weight);
    }

    [Theory]
    [Trait("Scenario", "D22")]
    [InlineData("50", 50)]
    [InlineData("1e12", 4)]
    [InlineData("-3", 0)]
    [InlineData("99999999999999", 65535)]
    [InlineData("", 4)]
    public void Read_OfAWeightInMeta_PrefersItWhenItIsANumber(string weight, int expected)
    {
        var row = Row("a", 8080, meta: new JsonObject { ["weight"] = weight });
        row["Service"]!["Weights"]!["Passing"] = 4;

        Assert.Equal(expected, Assert.Single(Read(row).Instances).Metadata.Weight);
    }

    [Theory]
    [InlineData(3, true, 3)]
    [InlineData(0, false, 0)]
    public void Read_OfAWarningInstance_GivesItsWarningWeightAndNoneMeansUnhealthy(int warning, bool healthy, int weight)
    {
        var row = Row("a", 8080, "warning");
        row["Service"]!["Weights"] = new JsonObject { ["Passing"] = 10, ["Warning"] = warning };
        var metadata = Assert.Single(Read(row).Instances).Metadata;

        Assert.Equal((healthy, weight), (metadata.Healthy, metadata.Weight));
    }

    [Fact]
    public void Read_OfNamedPorts_TakesTheDefaultAndKeepsTheNames()
    {
        var row = Row("a", 0);
        row["Service"]!["Ports"] = JsonNode.Parse("""[{ "name": "admin", "port": 9090 }, { "name": "web", "port": 8080, "default": true }, { "name": "bad", "port": 0 }]""");
        var instance = Assert.Single(Read(row).Instances);

        Assert.Equal(8080, instance.Port);
        Assert.Equal(["admin", "web"], instance.NamedPorts.Keys.Order());
    }

    [Theory]
    [InlineData("""{ "zone": "s" }""", """{ "zone": "n" }""", "s")]
    [InlineData("""{}""", """{ "zone": "n" }""", "n")]
    [InlineData("null", """{ "az": "n2" }""", "n2")]
    [InlineData("null", "null", "l")]
    public void Read_OfTheZone_AsksTheServiceThenTheNodeThenTheLocality(string serviceMeta, string nodeMeta, string zone)
    {
        var row = Row("a", 8080);
        row["Service"]!["Meta"] = JsonNode.Parse(serviceMeta);
        row["Node"]!["Meta"] = JsonNode.Parse(nodeMeta);
        row["Node"]!["Locality"] = JsonNode.Parse("""{ "Region": "r", "Zone": "l" }""");

        Assert.Equal(zone, Assert.Single(Read(row).Instances).Metadata.Zone);
    }

    [Theory]
    [Trait("Scenario", "D10")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("42")]
    [InlineData("")]
    [InlineData("[1]")]
    [InlineData("""[{ "Service": [] }]""")]
    [InlineData("""[{ "Checks": {} }]""")]
    [InlineData("[] []")]
    [InlineData("[] // none")]
    [InlineData("[],")]
    public void Deserialize_OfAnotherShape_RefusesTheWholeAnswer(string json) =>
        Assert.ThrowsAny<Exception>(() => Deserialize(json));

    [Fact]
    public void Snapshots_OfEqualRowsInAnyOrder_AreTheSame()
    {
        var rows = Enumerable.Range(1, 20).Select(i => Row($"i{i}", 8000 + i, meta: new JsonObject { ["port-x"] = $"{i}" })).ToArray();
        var snapshot = Read(rows);

        Assert.True(snapshot.SameInstancesAs(Read([.. rows.Reverse()])));
        rows[3]["Service"]!["Tags"] = new JsonArray("other");
        Assert.False(snapshot.SameInstancesAs(Read(rows)));
    }

    private static ServiceSnapshot Read(params JsonNode[] rows) => Read(rows, allowSpecial: false);

    private static ServiceSnapshot Read(JsonNode[] rows, bool allowSpecial) => Deserialize(Rows([.. rows.Select(row => row.DeepClone())]), allowSpecial);

    private static ServiceSnapshot Deserialize(string json, bool allowSpecial = false) =>
        SnapshotReader.Read(JsonSerializer.Deserialize(json, ConsulJson.Default.ListHealthEntry) ?? throw new JsonException("null"), "orders", allowSpecial);
}
