using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Environment;

/// <summary>Which of a deployment's two origins.</summary>
public enum CanonicalOrigin
{
    /// <summary>Clients and the CLI: <c>CONVEX_CLOUD_URL</c>.</summary>
    ConvexCloud,

    /// <summary>HTTP actions: <c>CONVEX_SITE_URL</c>.</summary>
    ConvexSite,
}

/// <summary>Where a deployment says that it is reached: what the server was configured with, unless an operator said otherwise.</summary>
/// <remarks>Both are built-in environment variables, so a change gives the app a new generation. Source: <c>spec/deploy-api.md</c> §6.5.</remarks>
public sealed class CanonicalUrls
{
    private readonly Database _database;
    private readonly DeploymentUrls _urls;
    private readonly string _cloud;
    private readonly string _site;

    private CanonicalUrls(Database database, DeploymentUrls urls)
    {
        _database = database;
        _urls = urls;
        (_cloud, _site) = (urls.Cloud, urls.Site);
    }

    /// <summary>Puts what an operator said over what was configured.</summary>
    internal static async Task<CanonicalUrls> LoadAsync(Database database, DeploymentUrls urls, CancellationToken cancellationToken)
    {
        var canonical = new CanonicalUrls(database, urls);
        using var transaction = database.BeginRead(limits: TransactionLimits.None);
        foreach (var origin in Enum.GetValues<CanonicalOrigin>())
        {
            if (await FindAsync(transaction, origin, cancellationToken) is { } setting) canonical.Apply(origin, setting.Fields["value"].AsString());
        }

        return canonical;
    }

    /// <summary>Says where an origin is reached from here on.</summary>
    /// <param name="origin">Which.</param>
    /// <param name="url">An absolute http or https URL, or null for what was configured.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DeveloperException"><c>InvalidCanonicalUrl</c>.</exception>
    public async Task ChangeAsync(CanonicalOrigin origin, string? url, CancellationToken cancellationToken)
    {
        var changed = url is null ? null : Require(url);
        var before = Current(origin);

        // Before the commit, since code of the new generation is given what stands here.
        Apply(origin, changed);
        try
        {
            await _database.CommitAsync((transaction, token) => WriteAsync(transaction, origin, changed, token), cancellationToken);
        }
        catch
        {
            Apply(origin, before);
            throw;
        }
    }

    private static async ValueTask<bool> WriteAsync(Transaction transaction, CanonicalOrigin origin, string? url, CancellationToken cancellationToken)
    {
        var table = transaction.Find(SystemTables.Settings);
        var existing = await FindAsync(transaction, origin, cancellationToken);
        var fields = ValueObject.Create(("name", NameOf(origin)), ("value", url ?? ""));
        if (existing is null && url is not null) await transaction.InsertAsync(table, fields, cancellationToken);
        else if (existing is not null && url is not null) await transaction.ReplaceAsync(table, existing.Id, fields, cancellationToken);
        else if (existing is not null) await transaction.DeleteAsync(table, existing.Id, cancellationToken);
        if (transaction.IsUnwritten) return false;
        await EnvironmentVariables.BumpGenerationAsync(transaction, cancellationToken);
        return true;
    }

    private static ValueTask<Document?> FindAsync(Transaction transaction, CanonicalOrigin origin, CancellationToken cancellationToken) =>
        transaction.FindFirstAsync(SystemTables.Settings, "by_name", [NameOf(origin)], cancellationToken);

    private static string NameOf(CanonicalOrigin origin) => origin == CanonicalOrigin.ConvexCloud ? "canonicalUrl.convexCloud" : "canonicalUrl.convexSite";

    private static string Require(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https"
            ? url.TrimEnd('/')
            : throw new DeveloperException("InvalidCanonicalUrl", $"\"{url}\" is not an http or https URL.");

    private string Current(CanonicalOrigin origin) => origin == CanonicalOrigin.ConvexCloud ? _urls.Cloud : _urls.Site;

    private void Apply(CanonicalOrigin origin, string? url)
    {
        if (origin == CanonicalOrigin.ConvexCloud) _urls.Cloud = url ?? _cloud;
        else _urls.Site = url ?? _site;
    }
}
