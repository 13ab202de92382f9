namespace Chat.Identity;

/// <summary>Where the page fetches a token for its guest.</summary>
internal static class GuestEndpoint
{
    private const int LeastSecret = 16;
    private const int GreatestSecret = 64;
    private const int GreatestName = 40;

    public static void MapGuests(this IEndpointRouteBuilder endpoints, Guests guests) => endpoints.MapPost("/guest", (Guest guest) =>
    {
        var name = guest.Name?.Trim() ?? "";
        if (guest.Secret is not { Length: >= LeastSecret and <= GreatestSecret } secret) return Results.BadRequest($"A secret has {LeastSecret} to {GreatestSecret} characters.");
        if (name.Length is 0 or > GreatestName) return Results.BadRequest($"A name has 1 to {GreatestName} characters.");
        return Results.Ok(new { token = guests.Sign(secret, name) });
    });

    /// <summary>What a browser keeps of its guest.</summary>
    private sealed record Guest(string? Secret, string? Name);
}
