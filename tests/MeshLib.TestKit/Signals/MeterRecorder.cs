using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace MeshLib.TestKit;

/// <summary>
/// Listens to one meter of one host: only instruments made by the given factory are heard, so that hosts in parallel tests do not mix.
/// </summary>
public sealed class MeterRecorder : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<RecordedMeasurement> _measurements = new();
    private readonly ConcurrentDictionary<string, Instrument> _instruments = new(StringComparer.Ordinal);
    private readonly IMeterFactory _factory;
    private readonly string _meter;
    private ConcurrentQueue<RecordedMeasurement>? _observing;

    /// <summary>Listens to the meter <paramref name="meter"/> of the host that owns <paramref name="factory"/>.</summary>
    public MeterRecorder(IMeterFactory factory, string meter = "MeshLib")
    {
        _factory = factory;
        _meter = meter;
        _listener.InstrumentPublished = Published;
        _listener.SetMeasurementEventCallback<byte>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<short>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<float>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<decimal>((instrument, value, tags, _) => Record(instrument, (double)value, tags));
        _listener.Start();
    }

    /// <summary>The meter's instruments seen so far, by name.</summary>
    public IReadOnlyDictionary<string, Instrument> Instruments => _instruments;

    /// <summary>Every measurement so far of instruments that push (counters, histograms), oldest first.</summary>
    public IReadOnlyList<RecordedMeasurement> Measurements => [.. _measurements];

    /// <summary>The pushed measurements of one instrument that carry all of <paramref name="tags"/>.</summary>
    public IReadOnlyList<RecordedMeasurement> Of(string instrument, params (string Key, object? Value)[] tags) =>
        [.. _measurements.Where(measurement => measurement.Instrument == instrument && measurement.Has(tags))];

    /// <summary>The sum over <see cref="Of"/>: a counter's value, or an up-down counter's level.</summary>
    public double Sum(string instrument, params (string Key, object? Value)[] tags) => Of(instrument, tags).Sum(measurement => measurement.Value);

    /// <summary>The number of values that a histogram has taken.</summary>
    public int Count(string instrument, params (string Key, object? Value)[] tags) => Of(instrument, tags).Count;

    /// <summary>Asks the observable instruments now and returns what they say.</summary>
    public IReadOnlyList<RecordedMeasurement> Observe(string instrument, params (string Key, object? Value)[] tags)
    {
        lock (_listener)
        {
            _observing = new ConcurrentQueue<RecordedMeasurement>();
            _listener.RecordObservableInstruments();
            var seen = _observing;
            _observing = null;
            return [.. seen.Where(measurement => measurement.Instrument == instrument && measurement.Has(tags))];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private void Published(Instrument instrument, MeterListener listener)
    {
        if (instrument.Meter.Name == _meter && ReferenceEquals(instrument.Meter.Scope, _factory))
        {
            _instruments[instrument.Name] = instrument;
            listener.EnableMeasurementEvents(instrument);
        }
    }

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var copy = new Dictionary<string, object?>(tags.Length, StringComparer.Ordinal);
        foreach (var tag in tags)
        {
            copy[tag.Key] = tag.Value;
        }

        var target = instrument.IsObservable ? _observing : _measurements;
        target?.Enqueue(new RecordedMeasurement(instrument.Name, value, copy));
    }
}
