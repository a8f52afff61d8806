namespace MeshLib.Testing.Simulation;

/// <summary>Runs tasks as events of <see cref="VirtualTime"/>: at this instant, behind what is under way and what is due already.</summary>
internal sealed class VirtualTaskScheduler(VirtualTime time) : TaskScheduler
{
    public override int MaximumConcurrencyLevel => 1;

    protected override void QueueTask(Task task) => time.Schedule(TimeSpan.Zero, () => TryExecuteTask(task));

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [];
}
