package dev.kinglet.infer;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import dev.kinglet.base.IoReason;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/**
 * ONNX Runtime's native libraries, unpacked once into the folder where JavaCPP keeps the decoder's. By itself ONNX Runtime
 * unpacks them into the temporary folder at every start, and leaves them there if the process is killed.
 */
final class RuntimeLibraries {
    private static final List<String> NAMES = List.of("onnxruntime", "onnxruntime4j_jni");

    /** Looked for beside the first, which a process that uses a GPU may unpack later. */
    private static final String PROVIDERS = "onnxruntime_providers_shared";

    /** Set once a process has loaded them from there: a file can be loaded by one class loader only. */
    private static final String LOADED = "dev.kinglet.onnxruntime.loaded";

    private static @Nullable OrtEnvironment environment;
    private static @Nullable String failure; // why they cannot be loaded

    private RuntimeLibraries() {}

    /**
     * The environment of the process, until it ends, with its libraries loaded if they are not yet. It logs errors only, and
     * reports nothing to its makers.
     *
     * @throws UnsatisfiedLinkError if they cannot be, each time; the message says what to set, and the first one has the cause
     */
    static synchronized OrtEnvironment environment() {
        if (failure != null) {
            throw new UnsatisfiedLinkError(failure);
        }
        if (environment == null) {
            try {
                environment = LargeStack.call(RuntimeLibraries::load);
            } catch (UnsatisfiedLinkError e) {
                failure = e.getMessage();
                throw e;
            }
        }
        return environment;
    }

    private static OrtEnvironment load() {
        List<String> set = new ArrayList<>();
        try {
            unpack(set);
            OrtEnvironment made = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "kinglet");
            made.setTelemetry(false); // of Windows' builds, and of a later version that an application brings
            return made;
        } catch (OrtException | RuntimeException | LinkageError e) {
            throw unavailable(e);
        } finally {
            set.forEach(System::clearProperty); // another class loader's copy would read them too
        }
    }

    /** @param set the system properties that it has set */
    private static void unpack(List<String> set) {
        if (System.getProperty("onnxruntime.native.path") != null
                || resource(PROVIDERS) != null
                || System.setProperty(LOADED, "true") != null) {
            return;
        }
        for (String name : NAMES) {
            String property = "onnxruntime.native." + name + ".path";
            URL library = resource(name);
            if (library == null || System.getProperty(property) != null) {
                continue;
            }
            try {
                File unpacked = Loader.cacheResource(library);
                if (unpacked != null && unpacked.isFile()) {
                    System.setProperty(property, unpacked.getPath());
                    set.add(property);
                }
            } catch (IOException | LinkageError e) { // no folder, or an application without the decoder's jars
                return; // ONNX Runtime tries the temporary folder
            }
        }
    }

    private static @Nullable URL resource(String library) {
        String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        String os = system.contains("win") ? "win" : system.contains("mac") ? "osx" : "linux";
        String arch = System.getProperty("os.arch", "").equals("aarch64") ? "aarch64" : "x64";
        return OrtEnvironment.class.getResource(
                "/ai/onnxruntime/native/" + os + "-" + arch + "/" + System.mapLibraryName(library));
    }

    private static UnsatisfiedLinkError unavailable(Throwable e) {
        String reason = "";
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            reason = cause instanceof IOException io
                    ? IoReason.describe(io)
                            + "; it needs a temporary folder that can be written, java.io.tmpdir, which is "
                            + System.getProperty("java.io.tmpdir") + ": set -Djava.io.tmpdir to another one"
                    : String.valueOf(cause.getMessage());
        }
        UnsatisfiedLinkError error = new UnsatisfiedLinkError("ONNX Runtime cannot be loaded: " + reason);
        error.initCause(e);
        return error;
    }
}
