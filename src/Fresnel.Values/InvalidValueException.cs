namespace Fresnel.Values;

/// <summary>A text that is not a value, or a value beyond a limit.</summary>
public sealed class InvalidValueException : DeveloperException
{
    /// <summary>Makes the error.</summary>
    public InvalidValueException(string code, string message) : base(code, message)
    {
    }
}
