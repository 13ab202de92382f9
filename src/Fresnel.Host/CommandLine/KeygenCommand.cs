using System.CommandLine;
using Fresnel.Server.Auth;

namespace Fresnel.Host.CommandLine;

/// <summary><c>fresnel keygen admin-key</c>: prints an admin key of an instance, and nothing else.</summary>
internal static class KeygenCommand
{
    public static Command Create(Func<string, string?> variable)
    {
        var name = new Option<string?>("--instance-name") { Description = $"The instance's name. [INSTANCE_NAME; default: {StartOptions.DefaultInstanceName}]", HelpName = "NAME" };
        var secret = new Option<string?>("--instance-secret") { Description = "The instance's secret: 64 hex characters. [INSTANCE_SECRET]", HelpName = "SECRET" };
        var adminKey = new Command("admin-key", "Prints an admin key, derived from the instance's name and secret.") { name, secret };
        adminKey.SetAction(parsed => PrintAdminKey(
            parsed.ValueOr(name, variable("INSTANCE_NAME")) ?? StartOptions.DefaultInstanceName,
            parsed.ValueOr(secret, variable("INSTANCE_SECRET"))));
        return new Command("keygen", "Makes keys.") { adminKey };
    }

    private static int PrintAdminKey(string name, string? secret)
    {
        if (secret is null)
        {
            Console.Error.WriteLine("An admin key is derived from the instance's secret: state --instance-secret, or INSTANCE_SECRET in the environment.");
            return ExitCode.CannotStart;
        }

        try
        {
            Console.WriteLine(AdminKeys.Create(name, secret));
            return ExitCode.Success;
        }
        catch (FormatException e)
        {
            Console.Error.WriteLine(e.Message);
            return ExitCode.CannotStart;
        }
    }
}
