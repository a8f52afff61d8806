using Shop;
using Shop.Roles;

return args is ["role", var role, .. var configuration]
    ? await Role.RunAsync(role, configuration)
    : await Driver.RunAsync(args);
