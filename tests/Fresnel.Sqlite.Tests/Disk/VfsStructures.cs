using System.Runtime.InteropServices;

namespace Fresnel.Sqlite.Tests.Disk;

/// <summary>SQLite's <c>sqlite3_vfs</c>: a file system, as a table of functions.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Vfs
{
    public int Version;
    public int FileBytes;
    public int LongestPath;
    public Vfs* Next;
    public byte* Name;
    public void* Data;
    public delegate* unmanaged[Cdecl]<Vfs*, byte*, OpenFile*, int, int*, int> Open;
    public delegate* unmanaged[Cdecl]<Vfs*, byte*, int, int> Delete;
    public nint Access, FullPathname, DlOpen, DlError, DlSym, DlClose, Randomness, Sleep, CurrentTime, GetLastError;
    public nint CurrentTimeInt64;
    public nint SetSystemCall, GetSystemCall, NextSystemCall;
}

/// <summary>SQLite's <c>sqlite3_file</c>, with what a watched file adds; the real one stands right behind.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OpenFile
{
    public FileMethods* Methods;

    /// <summary>A handle of the <see cref="WatchedFile"/>.</summary>
    public nint Watched;

    public static OpenFile* Real(OpenFile* file) => file + 1;
}

/// <summary>SQLite's <c>sqlite3_io_methods</c>, version 1: no shared memory, which a file that is locked for one process needs not.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FileMethods
{
    public int Version;
    public delegate* unmanaged[Cdecl]<OpenFile*, int> Close;
    public delegate* unmanaged[Cdecl]<OpenFile*, byte*, int, long, int> Read;
    public delegate* unmanaged[Cdecl]<OpenFile*, byte*, int, long, int> Write;
    public delegate* unmanaged[Cdecl]<OpenFile*, long, int> Truncate;
    public delegate* unmanaged[Cdecl]<OpenFile*, int, int> Sync;
    public delegate* unmanaged[Cdecl]<OpenFile*, long*, int> FileSize;
    public delegate* unmanaged[Cdecl]<OpenFile*, int, int> Lock;
    public delegate* unmanaged[Cdecl]<OpenFile*, int, int> Unlock;
    public delegate* unmanaged[Cdecl]<OpenFile*, int*, int> CheckReservedLock;
    public delegate* unmanaged[Cdecl]<OpenFile*, int, void*, int> FileControl;
    public delegate* unmanaged[Cdecl]<OpenFile*, int> SectorSize;
    public delegate* unmanaged[Cdecl]<OpenFile*, int> DeviceCharacteristics;
}

/// <summary>A file that is being watched.</summary>
internal sealed record WatchedFile(WatchedDisk Disk, string Name);
