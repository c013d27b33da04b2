package dev.kinglet.cli;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * The classes that this process has loaded, in a file that the next one maps instead of loading them (class-data sharing).
 * The launcher asks for it by a system property where there is none yet, and has the JVM list the classes.
 */
final class ClassArchive {
    private static final String FILE = "kinglet.classes"; // the JVM's list is beside it, with the number of the process

    private static final int JAVA_6 = 50; // major version of its class files

    private ClassArchive() {}

    /** Writes it if the launcher asked for it. Without it, the next start is slower and nothing else. */
    static void write() {
        Optional.ofNullable(System.getProperty(FILE)).map(Path::of).ifPresent(ClassArchive::write);
    }

    private static void write(Path file) {
        Path list = beside(file, "");
        Path part = beside(file, ".part");
        try {
            Files.write(
                    list,
                    Files.readAllLines(list).stream()
                            .filter(line -> !isBeforeJava6(line))
                            .toList());
            Process dump = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xshare:dump",
                            "-XX:+UseG1GC", // which alone can store objects; any collector reads them
                            "-Xmx256m",
                            "-XX:SharedClassListFile=" + list,
                            "-XX:SharedArchiveFile=" + part,
                            "-Djdk.util.jar.enableMultiRelease=false", // as the launcher has it
                            "-cp",
                            System.getProperty("java.class.path"))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (dump.waitFor() == 0) {
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
            }
        } catch (IOException e) {
            // the next server tries again
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            list.toFile().delete();
            part.toFile().delete();
        }
    }

    /**
     * Whether a line of the list is of a class file from before Java 6, as Byte Buddy's and picocli's are: a JVM of version 17
     * crashes when it maps such a class while a flight recording begins.
     */
    private static boolean isBeforeJava6(String line) {
        String name = line.split(" ", 2)[0];
        try (InputStream file = ClassLoader.getSystemResourceAsStream(name + ".class")) {
            if (file == null) {
                return false; // a comment, or a lambda
            }
            DataInputStream data = new DataInputStream(file);
            data.readInt();
            data.readUnsignedShort(); // minor version
            return data.readUnsignedShort() < JAVA_6;
        } catch (IOException e) {
            return true; // whatever it is, the archive does not need it
        }
    }

    private static Path beside(Path file, String ending) {
        return file.resolveSibling(
                file.getFileName() + "." + ProcessHandle.current().pid() + ending);
    }
}
