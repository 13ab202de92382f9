using System.Globalization;
using System.Text.Json;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Logs;

namespace Fresnel.Server.Deploy;

/// <summary>Writes entries of the log as the CLI reads them.</summary>
internal static class FunctionLogWriter
{
    private const double MillisecondsPerSecond = 1000;

    public static void Write(Utf8JsonWriter writer, FunctionLogPage page, bool hasStructuredLines)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("entries");
        foreach (var entry in page.Entries) Write(writer, entry, hasStructuredLines);
        writer.WriteEndArray();
        writer.WriteNumber("newCursor", page.Cursor);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, FunctionLogEntry entry, bool hasStructuredLines)
    {
        writer.WriteStartObject();
        // The CLI knows two kinds; of what was audited it prints the line, as of an action's.
        writer.WriteString("kind", (entry.Kind == FunctionLogEntryKind.Audit ? FunctionLogEntryKind.Progress : entry.Kind).ToString());
        writer.WriteString("udfType", entry.FunctionKind.ToString());
        writer.WriteString("componentPath", entry.Component.Length == 0 ? null : entry.Component);
        writer.WriteString("identifier", entry.Identifier);
        writer.WriteNumber("timestamp", entry.Timestamp / MillisecondsPerSecond);
        writer.WriteStartArray("logLines");
        foreach (var line in entry.LogLines)
        {
            if (hasStructuredLines) Write(writer, line);
            else writer.WriteStringValue(line.Pretty);
        }

        writer.WriteEndArray();
        writer.WriteString("requestId", entry.RequestId);
        writer.WriteString("executionId", entry.ExecutionId);
        if (entry.Kind == FunctionLogEntryKind.Completion) WriteCompletion(writer, entry);
        writer.WriteEndObject();
    }

    private static void WriteCompletion(Utf8JsonWriter writer, FunctionLogEntry entry)
    {
        writer.WriteNumber("executionTime", entry.ExecutionTime.TotalSeconds);
        writer.WriteNumber("userExecutionTime", entry.UserTime.TotalSeconds);
        writer.WriteNumber("executionTimestamp", entry.StartedAt / MillisecondsPerSecond);
        writer.WriteBoolean("cachedResult", false);
        writer.WriteBoolean("willRetry", false);
        WriteSuccess(writer, entry);
        writer.WriteString("error", entry.Error);
        writer.WriteString("caller", entry.Caller.ToString());
        writer.WriteNull("parentExecutionId");
        writer.WriteString("environment", entry.Environment == ModuleEnvironment.Node ? "node" : "isolate");
        writer.WriteString("identityType", entry.IdentityType);
        writer.WriteStartObject("usageStats");
        writer.WriteNumber("databaseReadBytes", entry.Usage.BytesRead);
        writer.WriteNumber("databaseWriteBytes", entry.Usage.BytesWritten);
        writer.WriteNumber("databaseReadDocuments", entry.Usage.DocumentsRead);
        writer.WriteNumber("databaseWriteDocuments", entry.Usage.DocumentsWritten);
        foreach (var unused in (ReadOnlySpan<string>)["storageReadBytes", "storageWriteBytes", "vectorIndexReadBytes", "vectorIndexWriteBytes", "memoryUsedMb"]) writer.WriteNumber(unused, 0);
        writer.WriteEndObject();
        if (entry.ReturnBytes is { } bytes) writer.WriteNumber("returnBytes", bytes);
        else writer.WriteNull("returnBytes");
        writer.WriteNull("occInfo");
    }

    private static void WriteSuccess(Utf8JsonWriter writer, FunctionLogEntry entry)
    {
        if (entry.HttpStatus is not { } status)
        {
            writer.WriteNull("success");
            return;
        }

        writer.WriteStartObject("success");
        writer.WriteString("status", status.ToString(CultureInfo.InvariantCulture));
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, LogLine line)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("messages");
        foreach (var message in line.Messages) writer.WriteStringValue(message);
        writer.WriteEndArray();
        writer.WriteBoolean("isTruncated", line.IsTruncated);
        writer.WriteNumber("timestamp", line.Timestamp);
        writer.WriteString("level", line.Level);
        if (line.SystemCode is { } code)
        {
            writer.WriteStartObject("systemMetadata");
            writer.WriteString("code", code);
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteNull("systemMetadata");
        }

        writer.WriteNull("componentPath");
        writer.WriteString("udfPath", line.FunctionPath);
        writer.WriteEndObject();
    }
}
