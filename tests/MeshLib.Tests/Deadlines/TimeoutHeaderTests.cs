using CsCheck;

namespace MeshLib.Tests.Deadlines;

public class TimeoutHeaderTests
{
    private const long Hour = TimeSpan.TicksPerHour;

    // The cases that gRPC's implementations test; a nanosecond is less than a tick, so it is dropped.
    [Theory]
    [InlineData("00000001n", 0)]
    [InlineData("00000100n", 1)]
    [InlineData("10u", 100)]
    [InlineData("00000010m", 10 * TimeSpan.TicksPerMillisecond)]
    [InlineData("1234S", 1234 * TimeSpan.TicksPerSecond)]
    [InlineData("00000001M", TimeSpan.TicksPerMinute)]
    [InlineData("09999999S", 9_999_999 * TimeSpan.TicksPerSecond)]
    [InlineData("99999999S", 99_999_999 * TimeSpan.TicksPerSecond)]
    [InlineData("99999999M", 99_999_999 * TimeSpan.TicksPerMinute)]
    [InlineData("2562047H", 2_562_047 * Hour)]
    [InlineData("0S", 0)]
    public void TryParse_WhenWellFormed_ReadsTheDuration(string value, long ticks)
    {
        Assert.True(TimeoutHeader.TryParse(value, out var timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData("2562048H")]
    [InlineData("99999999H")]
    public void TryParse_WhenBeyondWhatPeersHold_IsCutToTheMaximum(string value)
    {
        Assert.True(TimeoutHeader.TryParse(value, out var timeout));
        Assert.Equal(TimeoutHeader.Max, timeout);
    }

    [Theory]
    [InlineData("-1S")]
    [InlineData("+1S")]
    [InlineData("1234x")]
    [InlineData("1234s")]
    [InlineData("1234")]
    [InlineData("1")]
    [InlineData("S")]
    [InlineData("")]
    [InlineData(" 1S")]
    [InlineData("1 S")]
    [InlineData("1S ")]
    [InlineData("9a1S")]
    [InlineData("1.5S")]
    [InlineData("000000000S")]
    [InlineData("999999999")]
    [InlineData("1S,2S")]
    [InlineData("1S, 2S")]
    [InlineData("١S")]
    public void TryParse_WhenMalformed_IsRefused(string value)
    {
        Assert.False(TimeoutHeader.TryParse(value, out var timeout));
        Assert.Equal(TimeSpan.Zero, timeout);
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("250", 250)]
    [InlineData("000250", 250)]
    [InlineData("86400000", 86_400_000)]
    public void TryParseMilliseconds_WhenWellFormed_ReadsTheDuration(string value, long milliseconds)
    {
        Assert.True(TimeoutHeader.TryParseMilliseconds(value, out var timeout));
        Assert.Equal(milliseconds, timeout.TotalMilliseconds);
    }

    [Fact]
    public void TryParseMilliseconds_WhenBeyondTheMaximum_IsCutToIt()
    {
        Assert.True(TimeoutHeader.TryParseMilliseconds("999999999999999999", out var timeout));
        Assert.Equal(TimeoutHeader.Max, timeout);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("")]
    [InlineData("1.5")]
    [InlineData("250m")]
    [InlineData("250,300")]
    [InlineData("9999999999999999999")]
    public void TryParseMilliseconds_WhenMalformedOrZero_IsRefused(string value) =>
        Assert.False(TimeoutHeader.TryParseMilliseconds(value, out _));

    [Theory]
    [InlineData(250 * TimeSpan.TicksPerMillisecond, "250m")]
    [InlineData((250 * TimeSpan.TicksPerMillisecond) + 9_999, "250m")]
    [InlineData(9_999, "0m")]
    [InlineData(0, "0m")]
    [InlineData(-1, "0m")]
    [InlineData(long.MinValue, "0m")]
    [InlineData(30 * TimeSpan.TicksPerSecond, "30000m")]
    [InlineData(99_999_999 * TimeSpan.TicksPerMillisecond, "99999999m")]
    [InlineData(123_456_789 * TimeSpan.TicksPerMillisecond, "123456S")]
    [InlineData(123_456_789 * TimeSpan.TicksPerSecond, "2057613M")]
    [InlineData(123_456_789 * TimeSpan.TicksPerMinute, "2057613H")]
    [InlineData(long.MaxValue, "99999999H")]
    public void Format_RoundsDownAndScalesOnlyWhereDigitsRunOut(long ticks, string expected) =>
        Assert.Equal(expected, TimeoutHeader.Format(TimeSpan.FromTicks(ticks)));

    [Fact]
    public void TryParse_OnAnyInput_NeitherThrowsNorIsNegative() =>
        Gen.OneOf(Gen.String, Gen.String[Gen.Char["0123456789HMSmun-+ ,"], 0, 12]).Sample(value =>
        {
            Assert.True(TimeoutHeader.TryParse(value, out var timeout) ? timeout >= TimeSpan.Zero : timeout == TimeSpan.Zero);
            Assert.True(TimeoutHeader.TryParseMilliseconds(value, out var milliseconds) ? milliseconds > TimeSpan.Zero : milliseconds == TimeSpan.Zero);
        });

    [Fact]
    public void Format_OfWhatWasRead_NeverExtendsAndLosesLittle() =>
        Gen.Select(Gen.Int[0, 99_999_999], Gen.Char["HMSmun"]).Sample((count, unit) =>
        {
            Assert.True(TimeoutHeader.TryParse($"{count}{unit}", out var read));
            Assert.True(TimeoutHeader.TryParse(TimeoutHeader.Format(read), out var again));
            Assert.True(again <= read);
            var unitLost = read >= TimeSpan.FromMinutes(99_999_999) ? TimeSpan.FromHours(1)
                : read >= TimeSpan.FromSeconds(99_999_999) ? TimeSpan.FromMinutes(1)
                : read >= TimeSpan.FromMilliseconds(99_999_999) ? TimeSpan.FromSeconds(1)
                : TimeSpan.FromMilliseconds(1);
            Assert.True(read - again < unitLost);
        });
}
