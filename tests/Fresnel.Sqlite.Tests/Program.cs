using Fresnel.Sqlite.Tests;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

// The test program is also the process that the crash test kills.
if (args is [CommittingProcess.Command, var folder, var life]) return await CommittingProcess.RunAsync(folder, life);
if (args.Any(arg => arg is "-automated" or "@@")) return await ConsoleRunner.Run(args);
return await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
