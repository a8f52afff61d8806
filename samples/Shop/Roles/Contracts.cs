namespace Shop.Roles;

internal sealed record Product(int Id, string Name);

internal sealed record Price(int ProductId, decimal Amount, string Currency);

internal sealed record Stock(int ProductId, int Left);

internal sealed record Offer(string Name, decimal Amount, string Currency, int Left);
