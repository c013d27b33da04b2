package dev.kinglet.image.samples;

import dev.kinglet.image.Box;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.ImageTransform;
import dev.kinglet.image.Resampler;
import dev.kinglet.image.RgbImage;
import dev.kinglet.network.Interpolation;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Digests that Pillow gave, from an {@code expected.json} as {@code record.py} writes it, and the comparison with what this
 * module makes of the same files.
 *
 * @param folder with {@code expected.json} and {@code images}
 */
public record RecordedPixels(Path folder, List<Recorded> images) {
    /** The generator of what uses none. */
    public static final RandomGenerator NO_RANDOMNESS = () -> {
        throw new AssertionError("an evaluation is deterministic, but drew a random number");
    };

    private static final Path DRAWN = resourceFolder();
    private static final Pattern STRING_OR_NUMBER = Pattern.compile("\"(\\w+)\": (?:\"([^\"]*)\"|(\\d+)),?");

    /**
     * One image's digests.
     *
     * @param size {@code WIDTHxHEIGHT}
     * @param pixels of the image as it is decoded
     * @param resized what is asked for and what came out, by key of the file
     */
    public record Recorded(String file, String size, String pixels, List<Map<String, String>> resized) {}

    /** Those of this project. */
    public static RecordedPixels drawn() throws IOException {
        return read(DRAWN);
    }

    /** Of this module a folder, of a module that tests with this one's jar a folder inside the jar. */
    private static Path resourceFolder() {
        try {
            URI uri = Objects.requireNonNull(RecordedPixels.class.getResource("pixels"))
                    .toURI();
            return "jar".equals(uri.getScheme())
                    ? FileSystems.newFileSystem(uri, Map.of()).provider().getPath(uri)
                    : Path.of(uri);
        } catch (URISyntaxException | IOException e) {
            throw new AssertionError(e);
        }
    }

    public static RecordedPixels read(Path folder) throws IOException {
        String json = Files.readString(folder.resolve("expected.json"))
                .replaceAll("\\[\\s*(\\d+),\\s*(\\d+)\\s*]", "\"$1x$2\"");
        List<Recorded> images = new ArrayList<>();
        String file = "";
        Map<String, String> entries = new HashMap<>();
        for (String line : json.lines().map(String::strip).toList()) {
            Matcher entry = STRING_OR_NUMBER.matcher(line);
            if (entry.matches()) {
                String value = entry.group(2) != null ? entry.group(2) : entry.group(3);
                entries.put(entry.group(1), value);
                switch (entry.group(1)) {
                    case "file" -> file = value;
                    case "rgb_sha256" ->
                        images.add(new Recorded(
                                file, entries.get("width") + "x" + entries.get("height"), value, new ArrayList<>()));
                    default -> {}
                }
            } else if (line.startsWith("{")) {
                entries = new HashMap<>();
            } else if (line.startsWith("}") && entries.containsKey("interpolation")) {
                images.get(images.size() - 1).resized().add(entries);
                entries = new HashMap<>();
            }
        }
        return new RecordedPixels(folder, images);
    }

    public Recorded of(String file) {
        return images.stream()
                .filter(image -> image.file().equals(file))
                .findFirst()
                .orElseThrow();
    }

    public Path file(String name) {
        return folder.resolve("images").resolve(name);
    }

    public byte[] bytes(String name) throws IOException {
        return Files.readAllBytes(file(name));
    }

    /** How many digests of resized and of cropped images are recorded. */
    public static int count(Recorded recorded) {
        return recorded.resized().stream()
                .mapToInt(entry -> entry.containsKey("crop") ? 2 : 1)
                .sum();
    }

    /** What differs between Pillow's results and ours for this decoded image; empty if nothing does. */
    public static List<String> differences(Recorded recorded, RgbImage image) throws ImageException {
        List<String> differences = new ArrayList<>();
        for (Map<String, String> entry : recorded.resized()) {
            RgbImage resized = resize(image, entry);
            if (!sha256(resized).equals(entry.get("sha256"))) {
                differences.add(recorded.file() + " resized: " + entry);
            }
            String crop = entry.get("crop");
            if (crop != null) {
                RgbImage cropped = new ImageTransform.CenterCrop(Integer.parseInt(crop)).apply(resized, NO_RANDOMNESS);
                if (!sha256(cropped).equals(entry.get("crop_sha256"))) {
                    differences.add(recorded.file() + " cropped: " + entry);
                }
            }
        }
        return differences;
    }

    private static RgbImage resize(RgbImage image, Map<String, String> entry) throws ImageException {
        Interpolation interpolation = Interpolation.of(entry.getOrDefault("interpolation", ""));
        String shorter = entry.get("shorter");
        if (shorter != null) {
            return new ImageTransform.ResizeShorter(Integer.parseInt(shorter), interpolation)
                    .apply(image, NO_RANDOMNESS);
        }
        String[] size = entry.getOrDefault("exact", "").split("x", 2);
        int width = Integer.parseInt(size[0]);
        int height = Integer.parseInt(size[1]);
        return entry.containsKey("part")
                ? Resampler.resize(image, new Box(5, 9, 31, 27), width, height, interpolation)
                : new ImageTransform.Resize(width, height, interpolation).apply(image, NO_RANDOMNESS);
    }

    public static String sha256(RgbImage image) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(image.rgb()));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
