package dev.kinglet.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * The classes that this process has loaded, in a file that the next one maps instead of loading them (class-data sharing).
 * The launcher asks for it by a system property where there is none yet.
 */
final class ClassArchive {
    private static final String FILE = "kinglet.classes"; // what the launcher sets, with -XX:+RecordDynamicDumpInfo

    private ClassArchive() {}

    /** Writes it if the launcher asked for it. Without it, the next start is slower and nothing else. */
    static void write() {
        Optional.ofNullable(System.getProperty(FILE)).map(Path::of).ifPresent(ClassArchive::write);
    }

    private static void write(Path file) {
        Path part = file.resolveSibling(
                file.getFileName() + "." + ProcessHandle.current().pid());
        PrintStream out = System.out;
        System.setOut(
                new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)); // the JVM reports
        try {
            ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "vmCds",
                            new Object[] {new String[] {"dynamic_dump", part.toString()}},
                            new String[] {String[].class.getName()});
            if (Files.exists(part)) {
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
            }
        } catch (JMException | IOException | RuntimeException e) {
            part.toFile().delete();
        } finally {
            System.setOut(out);
        }
    }
}
