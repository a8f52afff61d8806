using System.Collections.Concurrent;

namespace MeshLib.Testing;

/// <summary>One instance of a <see cref="FakeService"/>: it answers by its script and tells what it received. Thread-safe.</summary>
public sealed class FakeInstance
{
    private readonly ConcurrentQueue<ReceivedRequest> _received = new();
    private readonly Action _announce;
    private readonly Lock _script = new();
    private FakeAnswer[] _answers = [FakeAnswer.Ok()];
    private int _next;
    private EndpointMetadata _metadata;
    private int _attempts;
    private int _inFlight;

    internal FakeInstance(Uri address, EndpointMetadata metadata, Action announce)
    {
        Address = address;
        _metadata = metadata;
        _announce = announce;
    }

    /// <summary>Where the mesh believes it to be: <c>http://{service}-{number}.test</c>, numbered from 0. Reports name it so; scheme and port are those that a call asks for.</summary>
    public Uri Address { get; }

    /// <summary>What the registry says of the instance; setting it is a change that the registry pushes.</summary>
    public EndpointMetadata Metadata
    {
        get => Volatile.Read(ref _metadata);
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Volatile.Write(ref _metadata, value);
            _announce();
        }
    }

    /// <summary>How often somebody tried to reach the instance, refused connections included.</summary>
    public int Attempts => Volatile.Read(ref _attempts);

    /// <summary>What it has received so far, in the order of arrival; a request whose connection was refused is not among it.</summary>
    public IReadOnlyList<ReceivedRequest> Received => [.. _received];

    /// <summary>Requests that it works on now.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Tells the instance what to answer from now on. Requests under way keep the answer that they arrived at.</summary>
    /// <param name="answers">The answers, one after another; the last is repeated for ever.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public FakeInstance Answers(params FakeAnswer[] answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        if (answers.Length == 0)
        {
            throw new ArgumentException("An instance answers something: name at least one answer.", nameof(answers));
        }

        lock (_script)
        {
            (_answers, _next) = ([.. answers], 0);
        }

        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => Address.Host;

    internal async Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request, TimeProvider time, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _attempts);
        Interlocked.Increment(ref _inFlight);
        try
        {
            var answer = NextAnswer();
            var received = await answer.ReceiveAsync(request, time, cancellationToken).ConfigureAwait(false);
            if (answer.Accepts)
            {
                _received.Enqueue(received);
            }

            var response = await answer.GiveAsync(received, time, cancellationToken).ConfigureAwait(false);
            response.RequestMessage ??= request;
            return response;
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private FakeAnswer NextAnswer()
    {
        lock (_script)
        {
            return _answers[_next < _answers.Length - 1 ? _next++ : _next];
        }
    }
}
