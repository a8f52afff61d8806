namespace MeshLib.TestKit;

internal enum Http2FrameType : byte
{
    Data = 0,
    Headers = 1,
    ResetStream = 3,
    Settings = 4,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9,
}

/// <summary>One HTTP/2 frame (RFC 9113, section 4.1).</summary>
internal readonly record struct Http2Frame(Http2FrameType Type, byte Flags, int Stream, ReadOnlyMemory<byte> Payload)
{
    public const byte Ack = 0x1;
    public const byte EndStream = 0x1;
    public const byte EndHeaders = 0x4;
    public const byte Padded = 0x8;
    public const byte Priority = 0x20;

    /// <summary>The header block without padding and priority.</summary>
    public ReadOnlyMemory<byte> HeaderBlock
    {
        get
        {
            if (Type == Http2FrameType.Continuation)
            {
                return Payload;
            }

            var padded = (Flags & Padded) != 0;
            var start = (padded ? 1 : 0) + ((Flags & Priority) != 0 ? 5 : 0);
            return Payload[start..(padded ? ^Payload.Span[0] : ^0)];
        }
    }
}
