package dev.kinglet.infer;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtEnvironment;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;

class RuntimeLibrariesTest {
    private static final String COLLECTOR = "events.data.microsoft.com"; // that 1.29.0 reports to

    @Test
    void onnx_runtime_has_no_address_to_report_to() throws Exception {
        Path jar = Path.of(OrtEnvironment.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        List<String> libraries = new ArrayList<>();
        List<String> reporting = new ArrayList<>();
        try (JarFile file = new JarFile(jar.toFile())) {
            for (ZipEntry entry : file.stream().toList()) {
                String name = entry.getName();
                if (!name.matches(".*/(lib)?onnxruntime\\.(so|dylib|dll)") || name.contains(".dSYM/")) {
                    continue;
                }
                libraries.add(name);
                byte[] bytes;
                try (InputStream in = file.getInputStream(entry)) {
                    bytes = in.readAllBytes();
                }
                for (Charset charset : List.of(StandardCharsets.ISO_8859_1, StandardCharsets.UTF_16LE)) {
                    if (new String(bytes, charset).contains(COLLECTOR)) {
                        reporting.add(name);
                    }
                }
            }
        }
        assertThat(libraries).hasSize(4); // Linux on two processors, macOS, Windows
        assertThat(reporting).isEmpty();
    }
}
