package dev.kinglet.toolkit.hub;

import dev.kinglet.base.FileNames;
import dev.kinglet.data.download.Requests;
import dev.kinglet.network.Card;
import dev.kinglet.weights.Safetensors;
import dev.kinglet.weights.WeightsException;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Where pretrained weights come from, and where they are kept. What is fetched is checked by SHA-256 and size before it
 * is kept, and by SHA-256 whenever it is used; a download that breaks off goes on from where it broke.
 *
 * @param cache folder of what was fetched
 * @param mirror another hub than {@code https://huggingface.co}, or a folder that has the file of an address; empty: none
 * @param offline whether the cache alone is used
 */
public record WeightHub(Path cache, Optional<URI> mirror, boolean offline) {
    /** Environment variable of the cache's folder. */
    public static final String CACHE_VARIABLE = "KINGLET_CACHE";

    /** Environment variable that, unless empty or 0, forbids the network. */
    public static final String OFFLINE_VARIABLE = "KINGLET_OFFLINE";

    /** @throws IllegalArgumentException if the mirror is not an address of https, or of http on this machine */
    public WeightHub {
        mirror.ifPresent(address -> {
            if (!Requests.isSecure(address)) {
                throw new IllegalArgumentException(
                        "a mirror is an address of https, such as https://hub.example.org/, not '" + address + "'");
            }
        });
    }

    /** A listener to downloads. */
    @FunctionalInterface
    public interface Progress {
        /** Notified after each piece; an exception from it ends the download, and what has come is kept. */
        void fetched(URI address, long bytes, long total);
    }

    /** Weights that are published for a network, by a source that {@link #fetch} takes. */
    public record Known(String model, String source) {}

    /** A file of the cache: its path below it, and its size. */
    public record Cached(Path file, long bytes) {}

    /** The hub of Hugging Face and the folder {@code ~/.cache/kinglet}, unless the environment says otherwise. */
    public static WeightHub defaults() {
        return of(System.getenv());
    }

    static WeightHub of(Map<String, String> environment) {
        String folder = environment.getOrDefault(CACHE_VARIABLE, "");
        String off = environment.getOrDefault(OFFLINE_VARIABLE, "");
        Path cache =
                folder.isBlank() ? Path.of(System.getProperty("user.home", ""), ".cache", "kinglet") : Path.of(folder);
        return new WeightHub(cache, Optional.empty(), !off.isBlank() && !off.equals("0"));
    }

    /** The same with another folder. */
    public WeightHub withCache(Path folder) {
        return new WeightHub(folder, mirror, offline);
    }

    /** The same with another hub. */
    public WeightHub withMirror(URI base) {
        return new WeightHub(cache, Optional.of(base), offline);
    }

    /** The same without a network. */
    public WeightHub withoutNetwork() {
        return new WeightHub(cache, mirror, true);
    }

    /** As {@link #fetch(String, Progress)}, without a listener. */
    public PretrainedWeights fetch(String source) throws IOException, InterruptedException {
        return fetch(source, (address, bytes, total) -> {});
    }

    /**
     * The weights of a source, fetched unless they are on this machine.
     *
     * @param source {@code hf:owner/name} or {@code hf:owner/name@revision}, a repository of the hub; {@code timm/name}, one
     *     of timm's; {@code https://...#sha256=...}, or an address whose file name ends in the first digits of its SHA-256; or
     *     a path, of a file of weights, of a run, or of a folder with a repository's files
     * @throws IllegalArgumentException if it is none of these
     * @throws IOException if it cannot be had, or is not what was published; then nothing of it is kept. Where only the
     *     connection broke, what has come is kept.
     * @throws InterruptedException if the thread is interrupted; what has come is kept
     */
    public PretrainedWeights fetch(String source, Progress progress) throws IOException, InterruptedException {
        WeightCache folder = new WeightCache(cache.toAbsolutePath().normalize());
        Optional<WebWeights> web = WebWeights.of(source);
        if (web.isPresent()) {
            return offline ? web.get().offline(folder) : web.get().fetch(folder, mirror, progress);
        }
        boolean isPath = !source.startsWith(HubRepository.PREFIX) && Files.exists(Path.of(source));
        Optional<HubRepository> repository = isPath ? Optional.empty() : HubRepository.of(source);
        if (repository.isPresent()) {
            return offline
                    ? repository.get().offline(folder)
                    : repository.get().fetch(folder, mirror.orElse(HubRepository.HUGGING_FACE), progress);
        }
        return local(source);
    }

    private static PretrainedWeights local(String source) throws IOException {
        Path path = Path.of(source);
        Path config = path.resolve(HubRepository.CONFIG);
        Path weights = path.resolve(HubRepository.WEIGHTS);
        if (Files.isRegularFile(config) && Files.isRegularFile(weights)) {
            return HubConfig.parse(config.toString(), Files.readString(config)).weights(source, weights);
        }
        Path name = path.getFileName();
        if (!Files.exists(path) && (name == null || !name.toString().equals("latest"))) {
            throw new IOException(source + ": there is no such file; weights are named by a path, by hf:owner/name,"
                    + " timm/name or an https address");
        }
        return FileNames.hasEnding(path, ".safetensors") && Files.isRegularFile(path)
                ? withCard(source, path)
                : PretrainedWeights.of(source, path);
    }

    /** The weights with the card that Kinglet's own files have. */
    private static PretrainedWeights withCard(String source, Path file) throws IOException {
        Card card;
        try {
            card = Card.fromMetadata(Safetensors.read(file).metadata());
        } catch (WeightsException e) {
            throw e;
        } catch (IOException e) { // another's file, which has none
            return PretrainedWeights.of(source, file);
        }
        return new PretrainedWeights(
                source,
                file,
                Optional.of(Zoo.get(card.model())),
                Optional.of(card.preprocessing()),
                OptionalInt.of(card.labels().size()),
                card.labels(),
                List.of());
    }

    /** Weights that are published for networks of the zoo; there are others. */
    public static List<Known> known() {
        return KnownWeights.ALL;
    }

    /** The files in the cache. */
    public List<Cached> cached() throws IOException {
        List<Cached> files = new ArrayList<>();
        for (Path file : new WeightCache(cache).files()) {
            files.add(new Cached(cache.relativize(file), Files.size(file)));
        }
        return files;
    }
}
