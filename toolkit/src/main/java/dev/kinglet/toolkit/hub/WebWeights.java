package dev.kinglet.toolkit.hub;

import dev.kinglet.data.download.PublishedFile;
import dev.kinglet.data.download.Requests;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file of weights at an address, with its SHA-256: after {@code #sha256=}, or, as torchvision has it, its first digits at
 * the end of the file's name, {@code resnet50-19c8e357.pth}. In the cache it is {@code web/HOST/START/NAME},
 * with as many digits as every source has.
 *
 * @param address without the digest
 * @param digest the whole one or its first digits
 */
record WebWeights(URI address, String digest) {
    private static final int START_DIGITS = 8;
    private static final Pattern ADDRESS = Pattern.compile("(?i)https?://.*");
    private static final Pattern FRAGMENT = Pattern.compile("(?i)sha256=([0-9a-f]{8,64})");
    private static final Pattern SUFFIX = Pattern.compile("-([0-9a-f]{8,64})(?:\\.[A-Za-z]\\w*)+");
    private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._+-]{0,150}");

    /**
     * The weights at an address; empty if the source is none.
     *
     * @throws IllegalArgumentException if the address is not https, names no file, or says no digest
     */
    static Optional<WebWeights> of(String source) {
        if (!ADDRESS.matcher(source).matches()) {
            return Optional.empty();
        }
        URI whole;
        try {
            whole = URI.create(source);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'" + source + "' is no address that can be used", e);
        }
        if (!Requests.isSecure(whole)) {
            throw new IllegalArgumentException("weights are fetched over https only, not from " + source);
        }
        URI address = URI.create(source.replaceFirst("#.*", ""));
        String name = Requests.fileName(address);
        if (!FILE_NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(source + " is not the address of a file");
        }
        Matcher fragment = FRAGMENT.matcher(String.valueOf(whole.getFragment()));
        Matcher suffix = SUFFIX.matcher(name);
        if (fragment.matches()) {
            return Optional.of(new WebWeights(address, fragment.group(1).toLowerCase(Locale.ROOT)));
        }
        if (whole.getFragment() == null && suffix.find()) {
            return Optional.of(new WebWeights(address, suffix.group(1)));
        }
        throw new IllegalArgumentException(
                source + " cannot be checked: add #sha256= and its SHA-256; only names such as"
                        + " resnet50-19c8e357.pth have its first digits");
    }

    /** What names it, with as much of the digest as is known. */
    @Override
    public String toString() {
        return address + "#sha256=" + digest;
    }

    private Path file(WeightCache cache) {
        return cache.folder()
                .resolve("web")
                .resolve(address.getAuthority().replace(':', '_'))
                .resolve(digest.substring(0, START_DIGITS))
                .resolve(Requests.fileName(address));
    }

    PretrainedWeights offline(WeightCache cache) throws IOException {
        Path file = file(cache);
        if (!isThere(cache, file) || !cache.hasSound(file)) {
            throw new IOException(
                    address + " is not in the cache " + cache.folder()
                            + ", or damaged, and nothing is fetched offline; kinglet weights fetch it while there is a network");
        }
        return weights(cache.digest(file).orElseThrow(), file);
    }

    private boolean isThere(WeightCache cache, Path file) throws IOException {
        return cache.digest(file).filter(found -> found.startsWith(digest)).isPresent();
    }

    /** @param mirror address of a folder that has a file of the same name; empty: the address itself */
    PretrainedWeights fetch(WeightCache cache, Optional<URI> mirror, WeightHub.Progress progress)
            throws IOException, InterruptedException {
        Path file = file(cache);
        URI from = mirror.map(folder -> Requests.below(folder, Requests.fileName(address)))
                .orElse(address);
        if (!isThere(cache, file)) {
            Files.deleteIfExists(file); // another version of the file
        }
        String whole = cache.fetched(file, into -> {
            Requests.Answer head = Requests.head(from);
            if (head.status() != 200) {
                throw new IOException("the server answered " + head.status() + " for " + from);
            }
            long bytes =
                    head.length().orElseThrow(() -> new IOException("the server does not say the size of " + from));
            new PublishedFile(from, bytes, WeightCache.SHA_256, digest)
                    .fetch(into, done -> progress.fetched(from, done, bytes));
            return PublishedFile.checksum(WeightCache.SHA_256, into); // the source has only its first digits
        });
        return weights(whole, file);
    }

    private PretrainedWeights weights(String wholeDigest, Path file) {
        PretrainedWeights weights = PretrainedWeights.of(address + "#sha256=" + wholeDigest, file);
        return KnownWeights.ofAddress(address).map(weights::of).orElse(weights);
    }
}
