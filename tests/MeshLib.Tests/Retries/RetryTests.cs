using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Retries;

public class RetryTests() : RetryCases(new FakeTimeProvider());

public class RetryTestsOnTheOddClock() : RetryCases(new OddClock());

/// <summary>Which failures are followed by another attempt, where it goes, and what it costs.</summary>
public abstract class RetryCases(FakeTimeProvider time)
{
    [Theory]
    [InlineData("GET", 500, 3)]
    [InlineData("GET", 502, 3)]
    [InlineData("GET", 503, 3)]
    [InlineData("GET", 504, 3)]
    [InlineData("GET", 429, 3)]
    [InlineData("GET", 408, 3)]
    [InlineData("HEAD", 503, 3)]
    [InlineData("OPTIONS", 503, 3)]
    [InlineData("GET", 200, 1)]
    [InlineData("GET", 301, 1)]
    [InlineData("GET", 400, 1)]
    [InlineData("GET", 404, 1)]
    [InlineData("GET", 501, 1)]
    [InlineData("GET", 505, 1)]
    [InlineData("POST", 503, 1)]
    [InlineData("PUT", 503, 1)]
    [InlineData("DELETE", 503, 1)]
    [InlineData("PATCH", 503, 1)]
    public async Task Status_IsRepeatedByMethodAtOneEndpointAfterTheOther(string method, int status, int attempts)
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.AnswerWith(status, "the answer");

        using var response = await mesh.SendAsync(VirtualMesh.Request(method)).WithinHangLimit();

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(attempts, mesh.Transport.Attempts);
        Assert.Equal(attempts, mesh.Transport.AttemptsPerEndpoint.Count);
        Assert.Equal(attempts, response.GetMeshReport()!.Attempts.Count);
        await mesh.AssertIdleAsync();
    }

    [Theory]
    [InlineData("POST", true)]
    [InlineData("POST", false)]
    public async Task IdempotencyKey_MakesAnyMethodRepeatable(string method, bool withKey)
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.AnswerWith(503);
        using var request = VirtualMesh.Request(method);
        if (withKey)
        {
            request.Headers.Add("Idempotency-Key", "\"8e03978e\"");
        }

        using var response = await mesh.SendAsync(request).WithinHangLimit();

        Assert.Equal(withKey ? 3 : 1, mesh.Transport.Attempts);
    }

    [Fact]
    public async Task AllowMeshRetry_OverridesTheMethodBothWays()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.AnswerWith(503);
        using var post = VirtualMesh.Request("POST");
        post.AllowMeshRetry(true);
        using var get = VirtualMesh.Request();
        get.AllowMeshRetry(false);

        (await mesh.SendAsync(post).WithinHangLimit()).Dispose();
        Assert.Equal(3, mesh.Transport.Attempts);
        (await mesh.SendAsync(get).WithinHangLimit()).Dispose();
        Assert.Equal(4, mesh.Transport.Attempts);
    }

    [Fact]
    public async Task AllowMeshRetryFalse_ForbidsEvenWhatNoServerHasSeen()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.Answer(_ => throw TransportErrors.Refused());
        using var request = VirtualMesh.Request();
        request.AllowMeshRetry(false);

        await Assert.ThrowsAsync<HttpRequestException>(() => mesh.SendAsync(request).WithinHangLimit());

        Assert.Equal(1, mesh.Transport.Attempts);
    }

    [Fact]
    public async Task MethodsOfThePolicy_ReplaceTheBuiltInOnes()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.Retry.Methods = ["PUT"]);
        mesh.Transport.AnswerWith(503);

        (await mesh.SendAsync(VirtualMesh.Request("put")).WithinHangLimit()).Dispose();
        Assert.Equal(3, mesh.Transport.Attempts);
        (await mesh.GetAsync().WithinHangLimit()).Dispose();
        Assert.Equal(4, mesh.Transport.Attempts);
    }

    public static TheoryData<string, OutcomeReason> NeverSent => new()
    {
        { "refused", OutcomeReason.ConnectFailed },
        { "connect timeout", OutcomeReason.ConnectTimeout },
        { "tls", OutcomeReason.TlsFailed },
        { "name", OutcomeReason.NameResolution },
        { "refused stream", OutcomeReason.StreamRefused },
    };

    [Theory]
    [MemberData(nameof(NeverSent))]
    public async Task WhatNoServerHasSeen_IsRepeatedForAPostOncePerEndpointOutsideTheBudget(string failure, OutcomeReason reason)
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy =>
        {
            policy.Retry.Budget.Ratio = 0;
            policy.Retry.Budget.Burst = 0;
            policy.Retry.Budget.MinPerSecond = 0;
            policy.Retry.MaxAttempts = 2;
        }, endpoints: 4);
        mesh.Transport.Answer(_ => throw Failure(failure));
        using var request = VirtualMesh.Request("POST", content: new StringContent("body"));

        var error = await Assert.ThrowsAnyAsync<Exception>(() => mesh.SendAsync(request).WithinHangLimit());

        Assert.IsAssignableFrom<HttpRequestException>(error);
        Assert.Equal(4, mesh.Transport.Attempts);
        Assert.Equal(4, mesh.Transport.AttemptsPerEndpoint.Count);
        Assert.All(request.GetMeshReport()!.Attempts, attempt => Assert.Equal(reason, attempt.Reason));
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task AttemptsThatNoServerHasSeen_DoNotCountAgainstMaxAttempts()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, endpoints: 6);
        mesh.Transport.Answer(request => request.Number switch
        {
            1 or 3 => throw TransportErrors.Refused(),
            2 or 4 => ScriptedTransport.Response(503),
            _ => ScriptedTransport.Response(200),
        });

        using var response = await mesh.GetAsync().WithinHangLimit();

        // 1 and 3 were free, 2 and 4 were the first and second of three.
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal([OutcomeReason.ConnectFailed, OutcomeReason.Unavailable, OutcomeReason.ConnectFailed, OutcomeReason.Unavailable, OutcomeReason.Ok], response.GetMeshReport()!.Attempts.Select(attempt => attempt.Reason));
    }

    [Theory]
    [InlineData("reset")]
    [InlineData("garbage")]
    [InlineData("internal error")]
    [InlineData("ended")]
    public async Task WhatAServerMayHaveSeen_IsRepeatedForAGetOnly(string failure)
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.Answer(_ => throw Failure(failure));

        await Assert.ThrowsAsync<HttpRequestException>(() => mesh.SendAsync(VirtualMesh.Request("POST")).WithinHangLimit());
        Assert.Equal(1, mesh.Transport.Attempts);
        await Assert.ThrowsAsync<HttpRequestException>(() => mesh.GetAsync().WithinHangLimit());
        Assert.Equal(4, mesh.Transport.Attempts);
        await mesh.AssertIdleAsync();
    }

    [Theory]
    [InlineData(typeof(InvalidOperationException))]
    [InlineData(typeof(TimeoutException))]
    [InlineData(typeof(NotSupportedException))]
    public async Task FaultOfTheRequestItself_IsNotRepeatedAndTeachesNothing(Type type)
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.CircuitBreaker.ConsecutiveFailures = 1);
        var fault = (Exception)Activator.CreateInstance(type)!;
        mesh.Transport.Answer(_ => throw fault);
        using var request = VirtualMesh.Request();

        Assert.Same(fault, await Assert.ThrowsAnyAsync<Exception>(() => mesh.SendAsync(request).WithinHangLimit()));

        Assert.Equal(OutcomeReason.Fault, request.GetMeshReport()!.Reason);

        Assert.Equal(1, mesh.Transport.Attempts);
        Assert.All(mesh.Endpoints, endpoint => Assert.Equal(EndpointState.Available, endpoint.State));
    }

    [Fact]
    public async Task RetryAfterInThePast_IsNoWait()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.Answer(request => request.Number == 1
            ? ScriptedTransport.Response(503, "", ("Retry-After", time.GetUtcNow().AddDays(-1).ToString("R")))
            : ScriptedTransport.Response(200));

        using var response = await mesh.GetAsync().WithinHangLimit();

        Assert.Equal(200, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("-99999999999999999999")]
    [InlineData("1.5")]
    [InlineData("soon")]
    [InlineData("Thu, 01 Jan 1601 00:00:00 GMT")]
    [InlineData("Mon, 01 Jan 0001 00:00:00 GMT")]
    public async Task RetryAfterThatAsksForNoWait_IsNoWait(string value)
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.Answer(request => request.Number == 1 ? ScriptedTransport.Response(503, "", ("Retry-After", value)) : ScriptedTransport.Response(200));

        using var response = await mesh.GetAsync().WithinHangLimit();

        Assert.Equal((200, 2), ((int)response.StatusCode, mesh.Transport.Attempts));
    }

    [Theory]
    [InlineData("60")]
    [InlineData("2147483647")]
    [InlineData("2147483648")]
    [InlineData("99999999999999")]
    [InlineData("99999999999999999999999999999999999999")]
    [InlineData("Fri, 31 Dec 9999 23:59:59 GMT")]
    public async Task RetryAfterBeyondTheTimeLeft_HandsTheAnswerBackWhole(string seconds)
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.Answer(_ => ScriptedTransport.Response(429, "come later", ("Retry-After", seconds)));

        using var response = await mesh.GetAsync().WithinHangLimit();

        Assert.Equal(429, (int)response.StatusCode);
        Assert.Equal("come later", await response.Content.ReadAsStringAsync());
        Assert.Equal(1, mesh.Transport.Attempts);
        Assert.Equal(1, mesh.Meters.Sum("mesh.client.retry_refusals", ("reason", "no_time_left")));
        Assert.Equal(5, mesh.Service.Budget.Balance);
        await mesh.AssertIdleAsync();
    }

    [Theory]
    [InlineData(6, false)]
    [InlineData(8, true)]
    public async Task RetryAfter_IsMeasuredAgainstWhatIsLeftOfTheTimeout(int seconds, bool handedBack)
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.Timeout = TimeSpan.FromSeconds(9));
        var call = mesh.GetAsync();
        var first = await mesh.Transport.NextAsync();
        mesh.Advance(2_000);
        first.Respond(503, "", ("Retry-After", $"{seconds}"));
        if (handedBack)
        {
            using var refused = await call.WithinHangLimit();
            Assert.Equal((503, 1), ((int)refused.StatusCode, mesh.Transport.Attempts));
            Assert.Equal(1, mesh.Meters.Sum("mesh.client.retry_refusals", ("reason", "no_time_left")));
            return;
        }

        var second = mesh.Transport.NextAsync();
        (await mesh.AdvanceUntilEndedAsync(second, stepMilliseconds: 100, limitSeconds: 7)).Respond(200);
        (await call.WithinHangLimit()).Dispose();
    }

    [Theory]
    [InlineData("30001", "no_time_left")]
    [InlineData("2147483647", "no_time_left")]
    [InlineData("-1", "forbidden_by_server")]
    [InlineData("2147483648", "forbidden_by_server")]
    [InlineData("later", "forbidden_by_server")]
    public async Task GrpcPushback_BeyondTheTimeoutOfACallWithoutDeadline_HandsTheAnswerBack(string milliseconds, string refusal)
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.Retry.GrpcMethods = ["/shop.Orders/*"]);
        mesh.Transport.Answer(_ => ScriptedTransport.Response(200, "", ("grpc-status", "14"), ("grpc-retry-pushback-ms", milliseconds)));

        using var response = await mesh.SendAsync(VirtualMesh.GrpcRequest()).WithinHangLimit();

        Assert.Equal(1, mesh.Transport.Attempts);
        Assert.Equal(1, mesh.Meters.Sum("mesh.client.retry_refusals", ("reason", refusal)));
        Assert.Equal(5, mesh.Service.Budget.Balance);
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task MeshRetryNo_IsObeyed()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        mesh.Transport.Answer(_ => ScriptedTransport.Response(503, "", ("mesh-retry", "no")));

        using var response = await mesh.GetAsync().WithinHangLimit();

        Assert.Equal(1, mesh.Transport.Attempts);
        Assert.Equal(1, mesh.Meters.Sum("mesh.client.retry_refusals", ("reason", "forbidden_by_server")));
    }

    [Fact]
    public async Task EmptyBudget_HandsTheFirstFailureBack()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.Retry.Budget.Burst = 2);
        mesh.Transport.Answer(request => ScriptedTransport.Response(503, $"answer {request.Number}"));
        using var spending = await mesh.GetAsync().WithinHangLimit();
        Assert.Equal(3, mesh.Transport.Attempts);

        using var response = await mesh.GetAsync().WithinHangLimit();

        Assert.Equal("answer 4", await response.Content.ReadAsStringAsync());
        Assert.Equal(4, mesh.Transport.Attempts);
        Assert.Equal(1, mesh.Meters.Sum("mesh.client.retry_refusals", ("reason", "budget_spent")));
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task EmptyBudget_HandsTheFirstExceptionBack()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy =>
        {
            policy.Retry.Budget.Burst = 0;
            policy.Retry.Budget.MinPerSecond = 0;
        });
        var first = TransportErrors.Reset();
        mesh.Transport.Answer(_ => throw first);

        Assert.Same(first, await Assert.ThrowsAsync<HttpRequestException>(() => mesh.GetAsync().WithinHangLimit()));
    }

    [Fact]
    public async Task Budget_IsPaidOncePerRetryAndEarnedOncePerCall()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.Retry.Budget.MinPerSecond = 0);
        mesh.Transport.AnswerWith(500);
        (await mesh.GetAsync().WithinHangLimit()).Dispose();
        Assert.Equal(3, mesh.Service.Budget.Balance);

        // A retry that the sweep has paid for when it cut the attempt off is not paid for again.
        mesh.Transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);
        var call = mesh.GetAsync();
        await mesh.Transport.NextAsync();
        mesh.Advance(3_010);
        (await mesh.Transport.NextAsync()).Respond(200);
        (await call.WithinHangLimit()).Dispose();

        Assert.Equal(2, mesh.Service.Budget.Balance);
    }

    [Fact]
    public async Task DiscardedAnswer_IsDisposedBeforeTheNextAttempt()
    {
        await using var mesh = await VirtualMesh.StartAsync(time);
        var disposed = new List<bool>();
        mesh.Transport.Answer(request =>
        {
            disposed.AddRange(mesh.Transport.Bodies.Select(body => body.IsDisposed));
            return request.Number < 3 ? ScriptedTransport.Response(503, ScriptedBody.Of("long answer").WithoutLength()) : ScriptedTransport.Response(200, "ok");
        });

        using var response = await mesh.GetAsync().WithinHangLimit();

        Assert.Equal([true, true, true], disposed);
        Assert.Equal("ok", await response.Content.ReadAsStringAsync());
        await mesh.AssertIdleAsync();
    }

    [Fact]
    public async Task FewerEndpointsThanAttempts_AreTriedAgain()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, endpoints: 1);
        mesh.Transport.Answer(request => ScriptedTransport.Response(request.Number < 3 ? 500 : 200));

        using var response = await mesh.GetAsync().WithinHangLimit();

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(3, mesh.Transport.Attempts);
    }

    [Fact]
    public async Task LoneEndpointThatRefuses_IsPaidForFromTheBudget()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.Retry.Budget.MinPerSecond = 0, endpoints: 1);
        mesh.Transport.Answer(_ => throw TransportErrors.Refused());

        await Assert.ThrowsAsync<HttpRequestException>(() => mesh.GetAsync().WithinHangLimit());

        Assert.Equal(3, mesh.Transport.Attempts);
        Assert.Equal(3, mesh.Service.Budget.Balance);
    }

    [Fact]
    public async Task EndpointsThatAllRefuse_AreEachTriedOnceForFreeAndThenAsOftenAsMaxAttemptsAllows()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.Retry.Budget.MinPerSecond = 0, endpoints: 5);
        mesh.Transport.Answer(_ => throw TransportErrors.Refused());

        await Assert.ThrowsAsync<HttpRequestException>(() => mesh.GetAsync().WithinHangLimit());

        // Five endpoints, of which four were free, and two repetitions that are paid for. No server has seen any of them.
        Assert.Equal(7, mesh.Transport.Attempts);
        Assert.Equal(5, mesh.Transport.AttemptsPerEndpoint.Count);
        Assert.Equal(3, mesh.Service.Budget.Balance);
    }

    [Fact]
    public async Task WhateverIsRefused_ServersSeeNoMoreThanMaxAttempts()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.CircuitBreaker.ConsecutiveFailures = 1_000, endpoints: 5);
        var random = new Random(1);
        var seen = 0;
        mesh.Transport.Answer(_ => random.Next(2) == 0 ? throw TransportErrors.Refused() : ScriptedTransport.Response(++seen > 0 ? 503 : 200));
        var most = 0;
        for (var call = 0; call < 300; call++)
        {
            seen = 0;
            try
            {
                (await mesh.GetAsync().WithinHangLimit()).Dispose();
            }
            catch (HttpRequestException)
            {
            }

            most = Math.Max(most, seen);
            mesh.Advance(20_000);
        }

        Assert.Equal(3, most);
    }

    [Fact]
    public async Task EndpointsThatGetNoTraffic_MakeNoRetryFree()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.CircuitBreaker.ConsecutiveFailures = 100, endpoints: 0);
        await mesh.PublishAsync(VirtualMesh.Address(1), new(VirtualMesh.Address(2), new EndpointMetadata { Healthy = false }));
        mesh.Transport.Answer(_ => throw TransportErrors.Refused());

        await Assert.ThrowsAsync<HttpRequestException>(() => mesh.GetAsync().WithinHangLimit());

        Assert.Equal(3, mesh.Transport.AttemptsTo(VirtualMesh.Address(1)));
    }

    [Fact]
    public async Task PickerThatInsistsOnOneEndpoint_GetsOneFreeRetry()
    {
        await using var mesh = await VirtualMesh.StartAsync(
            time,
            policy =>
            {
                policy.LoadBalancing.Policy = "Insisting";
                policy.CircuitBreaker.ConsecutiveFailures = 100;
            },
            services: services => services.AddMesh().AddLoadBalancer<InsistingBalancer>("Insisting"));
        mesh.Transport.Answer(_ => throw TransportErrors.Refused());

        await Assert.ThrowsAsync<HttpRequestException>(() => mesh.GetAsync().WithinHangLimit());

        // One repetition is free; the two that MaxAttempts allows are paid for.
        Assert.Equal(4, mesh.Transport.Attempts);
    }

    [Fact]
    public async Task OneAttempt_SwitchesRetriesOff()
    {
        await using var mesh = await VirtualMesh.StartAsync(time, policy => policy.Retry.MaxAttempts = 1);
        mesh.Transport.Answer(_ => throw TransportErrors.Refused());

        await Assert.ThrowsAsync<HttpRequestException>(() => mesh.GetAsync().WithinHangLimit());

        Assert.Equal(1, mesh.Transport.Attempts);
    }

    private sealed class InsistingBalancer : LoadBalancer
    {
        public override EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints) => new Picker(endpoints);

        private sealed class Picker(IReadOnlyList<MeshEndpoint> endpoints) : EndpointPicker
        {
            public override MeshEndpoint? Pick(MeshCall call) => endpoints[0];
        }
    }

    private static Exception Failure(string name) => name switch
    {
        "refused" => TransportErrors.Refused(),
        "connect timeout" => TransportErrors.ConnectTimeout(),
        "tls" => TransportErrors.Tls(),
        "name" => TransportErrors.NameNotResolved(),
        "refused stream" => TransportErrors.Http2(7),
        "internal error" => TransportErrors.Http2(2),
        "garbage" => TransportErrors.Garbage(),
        "ended" => new HttpRequestException(HttpRequestError.ResponseEnded, "The response ended prematurely."),
        _ => TransportErrors.Reset(),
    };
}
