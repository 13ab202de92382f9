using Fresnel.Runtime;
using Fresnel.Server.Auth;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Fresnel.Server.Deploy;

/// <summary>Says whether a key is good and what it is good for: how the dashboard logs in. Source: <c>spec/deploy-api.md</c> §11.</summary>
internal static class CheckAdminKey
{
    private const string Answer =
        """{"success":true,"allowedOps":["ViewData","WriteData","ViewEnvironmentVariables","WriteEnvironmentVariables","ViewLogs","ViewMetrics","RunInternalQueries","RunInternalMutations","RunInternalActions","RunTestQuery","Deploy"],"isReadOnly":false}""";

    public static Task AnswerAsync(HttpContext http, Deployment deployment)
    {
        HttpAuthentication.RequireAdmin(http, http.RequestServices.GetRequiredService<AdminAccess>());
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(Answer, http.RequestAborted);
    }
}
