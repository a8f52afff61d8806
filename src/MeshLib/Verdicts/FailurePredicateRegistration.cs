namespace MeshLib;

/// <summary>A failure predicate as the application gave it.</summary>
/// <param name="Service">The service whose answers it judges.</param>
/// <param name="IsFailure">Whether an answer is a failure; called for each answer that its status makes a success.</param>
internal sealed record FailurePredicateRegistration(string Service, Func<HttpResponseMessage, bool> IsFailure);
