using MeshLib.Tests.LoadBalancing;
using static MeshLib.Tests.LoadBalancing.Subjects;

namespace MeshLib.Tests.Locality;

public class ReachabilityTests
{
    private readonly Subjects _subjects = new();
    private Reachability _subject;

    [Fact]
    public void WhereNobodyAnswersForASecond_NobodyIs()
    {
        _subject.Note(nobody: true, At(10));

        Assert.False(Beat(10.9));
        Assert.True(Beat(11));
        Assert.True(Beat(12));

        _subject.Note(nobody: false, At(12));
        Assert.False(Beat(12.1));
    }

    [Fact]
    public void WhoeverAnswersNowAndThen_IsThere()
    {
        for (var i = 0; i < 1_000; i++)
        {
            _subject.Note(nobody: i % 10 != 0, At(0.1 * i));
            Assert.False(Beat(0.1 * i));
        }
    }

    [Fact]
    public void WhatNobodyLooksIntoAnyMore_IsForgiven()
    {
        _subject.Note(nobody: true, At(1));
        _subject.Note(nobody: true, At(20));
        Assert.True(Beat(79.9));
        Assert.False(Beat(80));

        // Whoever looks and finds nobody begins anew.
        _subject.Note(nobody: true, At(90));
        Assert.False(Beat(90.5));
        Assert.True(Beat(91));
    }

    [Fact]
    public void Changes_AreSaidOnce()
    {
        _subject.Note(nobody: true, At(0));

        Assert.True(_subject.Advance(_subjects.Clock, At(2)));
        Assert.False(_subject.Advance(_subjects.Clock, At(3)));
        Assert.True(_subject.Advance(_subjects.Clock, At(62)));
        Assert.False(_subject.Advance(_subjects.Clock, At(63)));
    }

    private bool Beat(double seconds)
    {
        _subject.Advance(_subjects.Clock, At(seconds));
        return _subject.IsUnreachable;
    }
}
