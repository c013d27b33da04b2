package dev.kinglet.image.loading;

import java.io.IOException;
import java.net.URL;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.ClassProperties;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.presets.openblas;

/**
 * Loads OpenCV. JavaCPP loads OpenBLAS with its Java interface before it, which nobody here calls: twice the bytes to unpack,
 * and a third of the time. Where that interface is switched off ({@code -Dorg.bytedeco.openblas.load=none}) or is not
 * on the class path, only the library that OpenCV is linked with is loaded.
 */
public final class DecoderLibraries {
    private static final String OPENBLAS = "org.bytedeco.openblas.load";
    private static final String NONE = "none";
    private static final String CACHE = "org.bytedeco.javacpp.cachedir";

    /** OpenBLAS and what it is linked with, which comes first; names and versions as JavaCPP has them. */
    private static final List<String> LINKED = List.of("gcc_s@.1", "quadmath@.0", "gfortran@.5", "openblas@.0");

    private DecoderLibraries() {}

    /**
     * Loads what OpenCV is linked with, then OpenCV.
     *
     * @param openCv the first use of it
     * @return why it cannot be loaded, with what to do; empty if it was
     */
    public static Optional<UnsatisfiedLinkError> load(Runnable openCv) {
        boolean decided = false;
        try {
            ClassProperties preset = Loader.loadProperties(openblas.class, Loader.loadProperties(), false);
            if (System.getProperty(OPENBLAS) == null && library(preset, "jniopenblas").length == 0) {
                System.setProperty(OPENBLAS, NONE);
                decided = true;
            }
            if (NONE.equalsIgnoreCase(System.getProperty(OPENBLAS))) {
                LINKED.forEach(name -> preload(preset, name));
            }
            openCv.run();
            return Optional.empty();
        } catch (RuntimeException | LinkageError e) {
            return Optional.of(unavailable(e));
        } finally {
            if (decided) {
                System.clearProperty(OPENBLAS);
            }
        }
    }

    private static void preload(ClassProperties preset, String name) {
        URL[] found = library(preset, name);
        if (found.length > 0) {
            try {
                Loader.loadLibrary(openblas.class, found, name);
            } catch (UnsatisfiedLinkError e) {
                // the system may have it; if not, OpenCV says that it is missing
            }
        }
    }

    private static URL[] library(ClassProperties preset, String name) {
        return Loader.findLibrary(openblas.class, preset, name);
    }

    private static UnsatisfiedLinkError unavailable(Throwable e) {
        String reason;
        try {
            reason = root(e) + "; it is unpacked into " + Loader.getCacheDir() + ", or the folder that -D" + CACHE
                    + " names";
        } catch (IOException noFolder) {
            reason = "no folder can be written to unpack it into, neither " + System.getProperty("user.home")
                    + "/.javacpp/cache nor one in " + System.getProperty("java.io.tmpdir") + "; name one with -D"
                    + CACHE;
        }
        UnsatisfiedLinkError error = new UnsatisfiedLinkError("OpenCV, the image decoder, cannot be loaded: " + reason);
        error.initCause(e);
        return error;
    }

    private static String root(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage());
    }
}
