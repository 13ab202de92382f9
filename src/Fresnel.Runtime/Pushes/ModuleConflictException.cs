using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>A push names a module as unchanged that the deployment does not have like that: another push came in between, and this one must be made anew.</summary>
/// <remarks>Code <c>MissingExistingModule</c>, <c>ExistingModuleHashConflict</c> or <c>ExistingModuleEnvConflict</c>; to be answered with 409.</remarks>
public sealed class ModuleConflictException(string code, string message) : DeveloperException(code, message);
