using Fresnel.Host.CommandLine;

return await FresnelCommand.RunAsync(args, Environment.GetEnvironmentVariable);
