using System.Collections.Concurrent;
using System.Diagnostics;

namespace MeshLib.TestKit;

/// <summary>
/// Records the activities of one source that belong to this test. Listeners are process-wide, so the recorder starts a root activity in the test's flow and
/// keeps only what shares its trace.
/// </summary>
public sealed class ActivityRecorder : IDisposable
{
    private readonly ActivitySource _rootSource = new("MeshLib.TestKit." + Guid.NewGuid().ToString("N"));
    private readonly ConcurrentQueue<Activity> _stopped = new();
    private readonly ActivityListener _listener;
    private readonly Activity? _before = Activity.Current;

    /// <summary>Listens to <paramref name="sources"/> (<c>MeshLib</c> when none is given) and makes <see cref="Root"/> the current activity.</summary>
    public ActivityRecorder(params string[] sources)
    {
        string[] names = sources.Length == 0 ? ["MeshLib"] : sources;
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == _rootSource.Name || names.Contains(source.Name),
            Sample = SampleOwnTrace,
            ActivityStopped = activity =>
            {
                if (activity.TraceId == Root?.TraceId && activity != Root)
                {
                    _stopped.Enqueue(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
        Root = _rootSource.CreateActivity("test", ActivityKind.Internal)?.Start() ?? throw new InvalidOperationException("The root activity was not sampled.");
    }

    /// <summary>The parent of everything that the test does.</summary>
    public Activity Root { get; }

    /// <summary>The activities that have ended, in the order of their ends.</summary>
    public IReadOnlyList<Activity> Stopped => [.. _stopped];

    /// <inheritdoc/>
    public void Dispose()
    {
        Root.Stop();
        Activity.Current = _before;
        _listener.Dispose();
        _rootSource.Dispose();
    }

    private ActivitySamplingResult SampleOwnTrace(ref ActivityCreationOptions<ActivityContext> options) =>
        options.Source.Name == _rootSource.Name || options.TraceId == Root?.TraceId
            ? ActivitySamplingResult.AllDataAndRecorded
            : ActivitySamplingResult.None;
}
