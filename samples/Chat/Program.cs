using Chat;
using Chat.Identity;
using Chat.Setup;
using Chat.StandIn;
using Fresnel.Runtime;
using Fresnel.Runtime.Node;
using Fresnel.Server;
using Fresnel.Sqlite;
using Microsoft.Extensions.FileProviders;

try
{
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = ChatFolder.Path });
    var settings = ChatSettings.Read(builder.Configuration);
    await NodeExecutable.FindAsync(path: null, CancellationToken.None);
    using var guests = Guests.Open(settings.Data);

    // Everything that Fresnel needs of an application: a store, and where to listen.
    builder.Services.AddFresnel(options =>
    {
        options.DataFolder = settings.Data;
        // Whoever plays with a sample wants to see what went wrong.
        options.Environment = DeploymentEnvironment.Development;
        options.Store = () => new SqliteCommitStore(settings.Data);
    });
    builder.WebHost.ConfigureKestrel(FresnelListeners.FromPort(FresnelListeners.Loopbacks, settings.Port, settings.SitePort).Apply);
    builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);

    await using var app = builder.Build();
    Directory.CreateDirectory(ChatPage.Built);
    var page = new PhysicalFileProvider(ChatPage.Built);
    app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = page }).UseStaticFiles(new StaticFileOptions { FileProvider = page });
    // After the files: the page stands where Fresnel would say that it runs.
    app.UseRouting();
    app.MapFresnel();
    app.MapStandIn(settings.WordsPerSecond);
    app.MapGuests(guests);

    await app.StartAsync();
    var deployment = app.Services.GetRequiredService<HostedDeployment>();
    var stopping = app.Lifetime.ApplicationStopping;
    await NpmPackages.InstallAsync(stopping);
    await ChatPage.BuildAsync(stopping);
    await new ChatFunctions(deployment, settings, guests).PushAsync(stopping);

    Console.WriteLine($"""

        {(deployment.Urls.Cloud.EndsWith($":{settings.Port}", StringComparison.Ordinal) || settings.Port == 0 ? "" : $"Port {settings.Port} is taken; the next free one is used. ")}HTTP actions on {deployment.Urls.Site}
        To work on the functions while this runs, put these lines into samples/Chat/.env.local and run npx convex dev there:

        CONVEX_SELF_HOSTED_URL='{deployment.Urls.Cloud}'
        CONVEX_SELF_HOSTED_ADMIN_KEY='{deployment.CreateAdminKey()}'

        Replies come from {(settings.Model.IsStandIn ? "a stand-in; set OPENAI_API_KEY for a language model" : settings.Model.BaseUrl ?? "OpenAI")}.
        Ready: open {deployment.Urls.Cloud}
        """);
    await app.WaitForShutdownAsync();
    return 0;
}
catch (Exception e) when (Trouble.SentenceFor(e) is { } sentence)
{
    Console.Error.WriteLine(sentence);
    return 1;
}
