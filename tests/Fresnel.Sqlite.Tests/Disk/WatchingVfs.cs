using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Fresnel.Sqlite.Tests.Disk;

/// <summary>A file system that stands between SQLite and the real one, and asks the <see cref="WatchedDisk"/> of a file about every call.</summary>
/// <remarks>It is SQLite's default from its registration on, so that the store needs to know nothing of it. A file that nobody watches is opened by the real one, with its own functions.</remarks>
internal static unsafe class WatchingVfs
{
    private static readonly Lock Gate = new();
    private static Vfs* _real;
    private static FileMethods* _methods;

    public static void Register()
    {
        lock (Gate)
        {
            if (_real is not null) return;
            var library = SqliteLibrary.Handle;
            var find = (delegate* unmanaged[Cdecl]<byte*, Vfs*>)NativeLibrary.GetExport(library, "sqlite3_vfs_find");
            var register = (delegate* unmanaged[Cdecl]<Vfs*, int, int>)NativeLibrary.GetExport(library, "sqlite3_vfs_register");
            _methods = MakeMethods();
            var real = find(null);
            var vfs = (Vfs*)NativeMemory.AllocZeroed((nuint)sizeof(Vfs));
            *vfs = *real;
            vfs->FileBytes = sizeof(OpenFile) + real->FileBytes;
            vfs->Next = null;
            vfs->Name = (byte*)Marshal.StringToCoTaskMemUTF8("watching");
            vfs->Open = &Open;
            vfs->Delete = &Delete;
            _real = real;
            if (register(vfs, 1) != raw.SQLITE_OK) throw new InvalidOperationException("SQLite does not take the file system.");
        }
    }

    private static FileMethods* MakeMethods()
    {
        var methods = (FileMethods*)NativeMemory.AllocZeroed((nuint)sizeof(FileMethods));
        *methods = new()
        {
            Version = 1,
            Close = &Close,
            Read = &Read,
            Write = &Write,
            Truncate = &Truncate,
            Sync = &Sync,
            FileSize = &FileSize,
            Lock = &Lock,
            Unlock = &Unlock,
            CheckReservedLock = &CheckReservedLock,
            FileControl = &FileControl,
            SectorSize = &SectorSize,
            DeviceCharacteristics = &DeviceCharacteristics,
        };
        return methods;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Open(Vfs* vfs, byte* path, OpenFile* file, int flags, int* outFlags)
    {
        var name = Marshal.PtrToStringUTF8((nint)path);
        if (name is null || WatchedDisk.Of(name) is not { } disk) return _real->Open(_real, path, file, flags, outFlags);
        file->Methods = null;
        var watched = new WatchedFile(disk, Path.GetFileName(name));
        if (disk.Admit(DiskCall.Open, watched.Name, 0, 0) is not 0 and var fault) return fault;
        var real = OpenFile.Real(file);
        var code = _real->Open(_real, path, real, flags, outFlags);
        if (code != raw.SQLITE_OK) return code;
        long length;
        if (real->Methods->FileSize(real, &length) == raw.SQLITE_OK) disk.Note(DiskCall.Open, watched.Name, length, []);
        file->Methods = _methods;
        file->Watched = GCHandle.ToIntPtr(GCHandle.Alloc(watched));
        return raw.SQLITE_OK;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Delete(Vfs* vfs, byte* path, int syncFolder)
    {
        var name = Marshal.PtrToStringUTF8((nint)path)!;
        var disk = WatchedDisk.Of(name);
        if (disk?.Admit(DiskCall.Delete, Path.GetFileName(name), 0, 0) is { } fault and not 0) return fault;
        var code = _real->Delete(_real, path, syncFolder);
        if (code == raw.SQLITE_OK) disk?.Note(DiskCall.Delete, Path.GetFileName(name), syncFolder, []);
        return code;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Close(OpenFile* file)
    {
        GCHandle.FromIntPtr(file->Watched).Free();
        return OpenFile.Real(file)->Methods->Close(OpenFile.Real(file));
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Read(OpenFile* file, byte* bytes, int count, long offset)
    {
        var watched = Watched(file);
        var fault = watched.Disk.Admit(DiskCall.Read, watched.Name, offset, count);
        return fault != raw.SQLITE_OK ? fault : OpenFile.Real(file)->Methods->Read(OpenFile.Real(file), bytes, count, offset);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Write(OpenFile* file, byte* bytes, int count, long offset)
    {
        var watched = Watched(file);
        if (watched.Disk.Admit(DiskCall.Write, watched.Name, offset, count) is not 0 and var fault) return fault;
        var code = OpenFile.Real(file)->Methods->Write(OpenFile.Real(file), bytes, count, offset);
        if (code == raw.SQLITE_OK) watched.Disk.Note(DiskCall.Write, watched.Name, offset, new(bytes, count));
        return code;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Truncate(OpenFile* file, long length)
    {
        var watched = Watched(file);
        if (watched.Disk.Admit(DiskCall.Truncate, watched.Name, length, 0) is not 0 and var fault) return fault;
        var code = OpenFile.Real(file)->Methods->Truncate(OpenFile.Real(file), length);
        if (code == raw.SQLITE_OK) watched.Disk.Note(DiskCall.Truncate, watched.Name, length, []);
        return code;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Sync(OpenFile* file, int flags)
    {
        var watched = Watched(file);
        if (watched.Disk.Admit(DiskCall.Sync, watched.Name, 0, 0) is not 0 and var fault) return fault;
        var code = OpenFile.Real(file)->Methods->Sync(OpenFile.Real(file), flags);
        if (code == raw.SQLITE_OK) watched.Disk.Note(DiskCall.Sync, watched.Name, 0, []);
        return code;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int FileSize(OpenFile* file, long* length) => OpenFile.Real(file)->Methods->FileSize(OpenFile.Real(file), length);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Lock(OpenFile* file, int level) => OpenFile.Real(file)->Methods->Lock(OpenFile.Real(file), level);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Unlock(OpenFile* file, int level) => OpenFile.Real(file)->Methods->Unlock(OpenFile.Real(file), level);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int CheckReservedLock(OpenFile* file, int* isLocked) => OpenFile.Real(file)->Methods->CheckReservedLock(OpenFile.Real(file), isLocked);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int FileControl(OpenFile* file, int what, void* argument) => OpenFile.Real(file)->Methods->FileControl(OpenFile.Real(file), what, argument);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int SectorSize(OpenFile* file) => OpenFile.Real(file)->Methods->SectorSize(OpenFile.Real(file));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int DeviceCharacteristics(OpenFile* file) => OpenFile.Real(file)->Methods->DeviceCharacteristics(OpenFile.Real(file));

    private static WatchedFile Watched(OpenFile* file) => (WatchedFile)GCHandle.FromIntPtr(file->Watched).Target!;
}
