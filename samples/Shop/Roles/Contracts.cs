namespace Shop.Roles;

internal sealed record Product(int Id, string Name);

internal sealed record Price(decimal Amount, string Currency);

internal sealed record Stock(int Left);

internal sealed record Offer(Product? Product, Price? Price, Stock? Stock);
