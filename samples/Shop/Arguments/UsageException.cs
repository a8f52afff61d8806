namespace Shop.Arguments;

/// <summary>The command line, or the environment it runs in, does not allow what was asked for; the message says why.</summary>
internal sealed class UsageException(string message) : Exception(message);
