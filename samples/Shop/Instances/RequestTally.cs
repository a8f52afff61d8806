namespace Shop.Instances;

/// <summary>
/// Counts the requests that reached this instance: one byte each, appended to a file, because a count in memory would die with a killed process
/// and the figures would lose exactly the attempts that matter.
/// </summary>
internal sealed class RequestTally(InstanceSettings settings) : IDisposable
{
    private static readonly byte[] One = [(byte)'.'];
    private readonly FileStream _file = new(settings.Tally, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);

    public void Count()
    {
        lock (_file)
        {
            _file.Write(One);
        }
    }

    public void Dispose() => _file.Dispose();
}
