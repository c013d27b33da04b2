package dev.kinglet.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.reflect.Constructor;

/**
 * The standard error of native libraries, kept apart from the program's own. libjpeg prints "Corrupt JPEG data" to it
 * without the image's name, from any of several threads, and has no other way to say it that can be reached through
 * OpenCV.
 */
final class NativeMessages {
    /**
     * The number of a descriptor that the launcher made of standard error. Opening {@code /dev/fd/2} instead would truncate
     * a log, or write over what others wrote to it.
     */
    private static final String DESCRIPTOR = "kinglet.stderr";

    private NativeMessages() {}

    /**
     * Sends to nowhere what native libraries print, if the launcher passed a second standard error.
     *
     * @return the descriptor for the program's own messages: the launcher's, or else the usual one
     */
    static FileDescriptor silence() {
        Integer number = Integer.getInteger(DESCRIPTOR);
        if (number == null) {
            return FileDescriptor.err;
        }
        FileDescriptor own;
        try {
            Constructor<FileDescriptor> ofNumber = FileDescriptor.class.getDeclaredConstructor(int.class);
            ofNumber.setAccessible(true);
            own = ofNumber.newInstance(number);
        } catch (ReflectiveOperationException | RuntimeException e) { // a JVM that is not opened, or of another kind
            return FileDescriptor.err;
        }
        try {
            new FileOutputStream(FileDescriptor.err).close(); // the JDK never frees 0 to 2: it leads them to /dev/null
        } catch (IOException e) {
            return FileDescriptor.err;
        }
        return own;
    }
}
