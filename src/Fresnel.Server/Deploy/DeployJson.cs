using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fresnel.Server.Deploy;

/// <summary>Reads and writes the small bodies of the deploy API.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, PropertyNameCaseInsensitive = false, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(EnvironmentUpdate))]
[JsonSerializable(typeof(EnvironmentList))]
[JsonSerializable(typeof(CanonicalUrlList))]
[JsonSerializable(typeof(CanonicalUrlUpdate))]
[JsonSerializable(typeof(JobRequestBody))]
internal sealed partial class DeployJson : JsonSerializerContext;
