namespace MeshLib;

/// <summary>Who a watch works for.</summary>
internal interface IEndpointConsumer
{
    void Publish(EndpointUpdate update);

    void Fail(Exception problem);
}
