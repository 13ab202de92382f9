using System.Net.Http.Json;
using Fresnel.Conformance.Cli;
using Fresnel.Conformance.Clients;
using Fresnel.Testing.Hosts;
using Fresnel.Testing.LanguageModels;
using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Conformance.Seeds;

/// <summary>One of the apps on a real server, pushed by the official CLI, with a model beside it.</summary>
internal sealed class SeedApp : IAsyncDisposable
{
    /// <summary>As the CLI makes it for a new project, in what matters.</summary>
    private const string TypeScriptConfig = """
        {
          "compilerOptions": {
            "strict": true, "target": "ESNext", "lib": ["ES2023", "dom"], "module": "ESNext", "moduleResolution": "Bundler", "jsx": "react-jsx",
            "skipLibCheck": true, "isolatedModules": true, "noEmit": true
          },
          "include": ["./**/*"],
          "exclude": ["./_generated"]
        }
        """;

    private readonly CliHost _host = new();

    private SeedApp(ModelEndpoint model) => Model = model;

    /// <summary>The model that it asks.</summary>
    public ModelEndpoint Model { get; }

    /// <summary>The project.</summary>
    public ConvexProject Project { get; private set; } = null!;

    /// <summary>The server.</summary>
    public CliHost Host => _host;

    /// <summary>Starts a server with what all blocks presuppose: a key and an address of the model, in variables. Nothing is pushed yet.</summary>
    public static async Task<SeedApp> OpenAsync(SeedAppDefinition definition, params (string Name, string Value)[] variables)
    {
        // First of all, so that a machine without the documents skips.
        var files = definition.Files.Select(file => (file.Path, file.Text)).Append(("convex/tsconfig.json", TypeScriptConfig)).ToList();
        var app = new SeedApp(await ModelEndpoint.StartAsync());
        try
        {
            await app._host.InitializeAsync();
            app.Project = await ConvexProject.CreateAsync(files);
            await app.SetAsync(
            [
                ("OPENAI_API_KEY", "sk-test"), ("OPENAI_BASE_URL", $"{app.Model.Url}/v1"),
                ("CONVEX_OPENAI_API_KEY", "sk-chef"), ("CONVEX_OPENAI_BASE_URL", $"{app.Model.Url}/chef/v1"),
                .. variables,
            ]);
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a server and pushes the app.</summary>
    public static async Task<SeedApp> StartAsync(SeedAppDefinition definition, params (string Name, string Value)[] variables)
    {
        var app = await OpenAsync(definition, variables);
        try
        {
            await app._host.SucceedAsync(app.Project, "dev", "--once", "--typecheck", definition.IsTypechecked ? "enable" : "disable");
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sets variables of the deployment.</summary>
    public async Task SetAsync(params (string Name, string Value)[] variables)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{_host.Url}/api/update_environment_variables")
        {
            Content = JsonContent.Create(new { changes = variables.Select(variable => new { name = variable.Name, value = variable.Value }) }),
        };
        request.Headers.TryAddWithoutValidation("Authorization", $"Convex {_host.AdminKey}");
        using var answer = await http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Runs a program with the official clients to its end; it asserts for itself.</summary>
    public async Task RunAsync(string program)
    {
        await using var script = Start(program);
        await script.SucceedAsync();
    }

    /// <summary>Starts a program with the official clients.</summary>
    public ClientScript Start(string program) => ClientScript.Start(Project, ClientApp.Prologue + Prologue(_host) + program, _host.Url, _host.AdminKey);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Project?.Dispose();
        await _host.DisposeAsync();
        await Model.DisposeAsync();
    }

    private static string Prologue(CliHost host) => $$"""
        const site = "{{host.Host.SiteUrl}}";
        const http = new ConvexHttpClient(url);
        const shows = (client, query, args, check) => follow(client, query, args).until(check);

        """;
}

/// <summary>An app that the tests of a class share.</summary>
/// <typeparam name="TApp">Says which.</typeparam>
public sealed class SeedFixture<TApp> : IAsyncLifetime
    where TApp : ISeedApp
{
    private SeedApp? _app;

    /// <summary>The app. Without the documents there is none, and the test that asks is skipped.</summary>
    internal SeedApp App
    {
        get
        {
            SeedDocuments.Require();
            return _app!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (SeedDocuments.AreThere) _app = await SeedApp.StartAsync(TApp.Get().Definition, TApp.Get().Variables);
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
    }
}

/// <summary>Names an app for <see cref="SeedFixture{TApp}"/>.</summary>
public interface ISeedApp
{
    internal static abstract (SeedAppDefinition Definition, (string, string)[] Variables) Get();
}
