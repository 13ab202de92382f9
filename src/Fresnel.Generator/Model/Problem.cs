using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Fresnel.Generator.Model;

/// <summary>A diagnostic by value: holding a <see cref="Diagnostic"/> would hold its whole compilation.</summary>
internal sealed record Problem(DiagnosticDescriptor Descriptor, Place Place, EquatableArray<string> Arguments)
{
    public Problem(DiagnosticDescriptor descriptor, Place place, params string[] arguments) : this(descriptor, place, new EquatableArray<string>([.. arguments]))
    {
    }

    public Diagnostic ToDiagnostic() => Diagnostic.Create(Descriptor, Place.ToLocation(), [.. Arguments]);
}

/// <summary>A location by value.</summary>
internal readonly record struct Place(string File, TextSpan Span, LinePositionSpan Lines)
{
    public static Place Of(ISymbol symbol)
    {
        var location = symbol.Locations[0];
        return new(location.SourceTree?.FilePath ?? "", location.SourceSpan, location.GetLineSpan().Span);
    }

    public Location ToLocation() => Location.Create(File, Span, Lines);
}
