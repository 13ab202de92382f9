using Fresnel.Engine.Stores;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Fresnel.Sqlite;

/// <summary>What SQLite's errors mean for a commit, and in words.</summary>
internal static class SqliteFailures
{
    /// <summary>An error while the store was being opened: one sentence that names the folder.</summary>
    public static StoreException OfOpening(string folder, Exception problem) => new(
        StoreFailure.Unusable,
        problem switch
        {
            SqliteException { SqliteErrorCode: raw.SQLITE_BUSY or raw.SQLITE_LOCKED } => $"The data folder {folder} is in use by another process.",
            SqliteException { SqliteErrorCode: raw.SQLITE_NOTADB or raw.SQLITE_CORRUPT } or InvalidCastException or InvalidOperationException => $"The file {SqliteCommitStore.FileName} in the data folder {folder} is not a database, or it is damaged. Restore the data folder from a backup.",
            SqliteException { SqliteErrorCode: raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY or raw.SQLITE_PERM } or UnauthorizedAccessException or IOException =>
                $"The data folder {folder} cannot be written to.",
            _ => $"The database in the data folder {folder} cannot be opened: {problem.Message}",
        },
        problem);

    /// <summary>An error while something was being read: what is there is not what was written, or the disk does not give it.</summary>
    public static StoreException OfReading(string folder, string what, Exception problem) => new(
        StoreFailure.Damaged, $"The file {SqliteCommitStore.FileName} in the data folder {folder} is damaged: {what} cannot be read ({problem.Message}).", problem);

    /// <summary>An error while something was being written.</summary>
    public static StoreException OfWriting(string folder, SqliteException problem) => new(
        problem.SqliteErrorCode switch
        {
            // SQLite rolled the statement back: nothing of it is in the file.
            raw.SQLITE_FULL or raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_CONSTRAINT or raw.SQLITE_TOOBIG or raw.SQLITE_READONLY => StoreFailure.Refused,
            raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => StoreFailure.Damaged,
            // After a failed write or sync the kernel may have dropped what it had taken; without memory SQLite may have failed behind the sync. Nothing in this process can find out.
            _ => StoreFailure.SyncFailed,
        },
        problem.SqliteErrorCode switch
        {
            raw.SQLITE_FULL => "The disk is full.",
            raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => $"The file {SqliteCommitStore.FileName} in the data folder {folder} is damaged, and cannot be written to any more. Restore the data folder from a backup.",
            _ => problem.Message,
        },
        problem);
}
