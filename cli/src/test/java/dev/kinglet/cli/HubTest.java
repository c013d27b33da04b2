package dev.kinglet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Model;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Preprocessing.ResizeMode;
import dev.kinglet.toolkit.TrainedModel;
import dev.kinglet.toolkit.Untrained;
import dev.kinglet.toolkit.hub.PretrainedWeights;
import dev.kinglet.toolkit.hub.WeightHub;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import dev.kinglet.weights.ModelFile;
import dev.kinglet.weights.Safetensors;
import dev.kinglet.zoo.Variant;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Pretrained weights from a hub on this machine, which is not always well. */
@Timeout(120)
class HubTest {
    private static final String NAME = "timm/net.in1k";
    private static final String PINNED = "hf:" + NAME + "@" + HubServer.COMMIT;
    private static final String CONFIG = """
            {
              "architecture": "resnet20_cifar",
              "num_classes": 10,
              "num_features": 64,
              "pretrained_cfg": {
                "tag": "in1k",
                "input_size": [3, 40, 40],
                "interpolation": "bicubic",
                "crop_pct": 0.95,
                "crop_mode": "center",
                "mean": [0.5, 0.5, 0.4],
                "std": [0.25, 0.5, 0.5],
                "num_classes": 12,
                "first_conv": "conv1"
              }
            }
            """;

    @TempDir
    private static Path shared;

    private static Model model;
    private static byte[] weights;

    @TempDir
    private Path folder;

    private HubServer server;

    @BeforeAll
    static void make_weights() throws IOException {
        model = Untrained.model("resnet20_cifar", null, null);
        Path file = shared.resolve("model.safetensors");
        Safetensors.write(file, model.tensors(), Map.of("format", "pt")); // without a card, as timm's are
        weights = Files.readAllBytes(file);
    }

    @BeforeEach
    void serve() throws IOException {
        server = new HubServer(weights);
        server.config = CONFIG;
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Path cache() {
        return folder.resolve("cache");
    }

    private WeightHub hub() {
        return WeightHub.defaults().withCache(cache()).withMirror(server.base());
    }

    private List<String> cached() throws IOException {
        if (!Files.exists(cache())) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(cache())) {
            return files.filter(file -> !file.equals(cache()))
                    .map(file -> cache().relativize(file).toString())
                    .filter(name -> name.contains("."))
                    .sorted()
                    .toList();
        }
    }

    private static Preprocessing preprocessing() {
        return new Preprocessing(40, 0.95, Interpolation.BICUBIC, List.of(0.5, 0.5, 0.4), List.of(0.25, 0.5, 0.5));
    }

    // ---- a repository

    @Test
    void a_repository_is_fetched_and_described_by_its_config() throws Exception {
        List<Long> progress = new ArrayList<>();

        PretrainedWeights fetched = hub().fetch(NAME, (address, bytes, total) -> progress.add(bytes));

        assertThat(fetched.source()).isEqualTo(PINNED);
        assertThat(fetched.file()).hasBinaryContent(weights).hasFileName("model.safetensors");
        assertThat(fetched.variant().map(Variant::name)).contains("resnet20_cifar");
        assertThat(fetched.preprocessing()).contains(preprocessing());
        assertThat(fetched.classes()).hasValue(10); // the root's, not the part's
        assertThat(fetched.labels()).isEmpty();
        assertThat(fetched.remarks()).isEmpty();
        assertThat(progress).isSorted().endsWith((long) weights.length);
        assertThat(fetched.file().resolveSibling("model.safetensors.sha256"))
                .hasContent(server.digest() + "  model.safetensors");
        assertThat(server.requests).doesNotContain("HEAD /store/weights"); // it would refuse
    }

    @Test
    void a_commit_that_is_cached_needs_no_network() throws Exception {
        PretrainedWeights first = hub().fetch("hf:" + NAME + "@main");
        server.requests.clear();

        assertThat(hub().fetch(NAME)).isEqualTo(first); // asks what 'main' is now
        assertThat(server.requests).hasSize(2).noneMatch(request -> request.contains("store"));
        server.close();

        assertThat(hub().fetch(PINNED)).isEqualTo(first);
        assertThat(hub().withoutNetwork().fetch(PINNED)).isEqualTo(first);
        assertThat(hub().withoutNetwork().fetch(NAME)).isEqualTo(first);
    }

    @Test
    void a_hub_without_headers_is_asked_for_the_pointer() throws Exception {
        server.linked = false;

        assertThat(hub().fetch(NAME).file()).hasBinaryContent(weights);
        assertThat(server.requests).contains("GET /" + NAME + "/raw/" + HubServer.COMMIT + "/model.safetensors");
    }

    @Test
    void a_config_in_one_dictionary_is_read_as_timm_reads_it() throws Exception {
        server.config = CONFIG.replaceFirst("\"num_classes\": 10,", "\"labels\": " + tenNames() + ",")
                .replaceFirst("\"pretrained_cfg\": \\{", "")
                .replaceFirst("\\}\\s*\\}", "}")
                .replace("12", "10");

        PretrainedWeights fetched = hub().fetch(NAME);

        assertThat(fetched.preprocessing()).contains(preprocessing());
        assertThat(fetched.classes()).hasValue(10);
        assertThat(fetched.labels()).hasSize(10).startsWith("n0", "n1");
    }

    private static List<String> tenNames() {
        return IntStream.range(0, 10).mapToObj(i -> "\"n" + i + "\"").toList();
    }

    @Test
    void label_names_may_be_a_dictionary_and_have_descriptions() throws Exception {
        String names = String.join(
                ",",
                IntStream.range(0, 10)
                        .mapToObj(i -> "\"" + i + "\":\"n" + i + "\"")
                        .toList());
        server.config =
                CONFIG.replaceFirst("\\{", "{\"label_names\":{" + names + "},\"label_descriptions\":{\"n1\":\"one\"},");

        assertThat(hub().fetch(NAME).labels()).hasSize(10).startsWith("n0", "one", "n2");
    }

    @Test
    void what_cannot_be_followed_is_said() throws Exception {
        server.config = CONFIG.replace("bicubic", "lanczos")
                .replace("\"center\"", "\"border\"")
                .replaceFirst("\\{", "{\"label_names\":[\"one\",\"two\"],");

        PretrainedWeights fetched = hub().fetch(NAME);

        assertThat(fetched.labels()).isEmpty();
        assertThat(String.join("\n", fetched.remarks()))
                .hasLineCount(3)
                .contains("interpolation lanczos", "crop_mode border, which is not supported", "names 2 classes of 10");
    }

    @Test
    void a_squashed_crop_is_an_exact_resize() throws Exception {
        assertThat(hub().fetch(NAME).preprocessing().orElseThrow().resize()).isEqualTo(ResizeMode.SHORTER);
        server.config = CONFIG.replace("\"center\"", "\"squash\"");

        PretrainedWeights fetched = hub().fetch(NAME);

        assertThat(fetched.preprocessing()).hasValue(preprocessing().withResize(ResizeMode.EXACT));
        assertThat(fetched.remarks()).isEmpty();
    }

    // ---- what goes wrong: one line each, and nothing left behind

    private void refused(String source, String... parts) throws IOException {
        assertThatThrownBy(() -> hub().fetch(source))
                .isInstanceOf(IOException.class)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n").contains(parts));
        assertThat(cached()).isEmpty();
        Run run = Run.kinglet("weights", "fetch", source, "--mirror", server.base(), "--cache-dir", cache());
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.lastLine()).startsWith("kinglet: ").contains(parts);
        assertThat(cached()).isEmpty();
    }

    @Test
    void a_wrong_digest_is_refused() throws IOException {
        server.weights = weights.clone();
        server.weights[1000] ^= 1;

        refused(NAME, "is not the published file: its SHA-256 is ", server.digest(), "nothing of it was kept");
    }

    @Test
    void a_short_and_a_long_file_are_refused() throws IOException {
        server.weights = Arrays.copyOf(weights, weights.length - 7);
        refused(NAME, "has " + (weights.length - 7) + " bytes", "published one " + weights.length);
        server.weights = Arrays.copyOf(weights, weights.length + 7);
        refused(NAME, "has " + (weights.length + 7) + " bytes", "nothing of it was kept");
    }

    @Test
    void a_redirect_to_http_is_refused() throws IOException {
        server.store = "http://weights.example.org/store";

        refused(NAME, "redirects to http://weights.example.org/store, which is not followed");
        server.store = "ftp://weights.example.org/store";
        refused(NAME, "redirects to ftp://", "which is not followed");
    }

    @Test
    void what_is_not_there_is_said() throws IOException {
        refused(
                "timm/other.in1k",
                "the server answered 404 for " + server.base() + "/timm/other.in1k/resolve/main/config");
        refused("hf:" + NAME + "@v2", "the server answered 404", "no such repository, revision or file");
    }

    @Test
    void a_config_that_cannot_be_used_is_refused_before_the_weights_are_fetched() throws IOException {
        server.config = CONFIG.replace("resnet20_cifar", "resnet20_cifr");
        refused(
                NAME,
                "its architecture 'resnet20_cifr' is no network of kinglet models; did you mean 'resnet20_cifar'?");
        server.config = "<html>";
        refused(NAME, "config.json is not JSON");
        server.config = "{}";
        refused(NAME, "names no 'architecture'");
        assertThat(server.requests).noneMatch(request -> request.contains("store"));
    }

    @Test
    void what_is_not_cached_is_not_fetched_offline() throws IOException {
        for (String source : List.of(NAME, PINNED, server.base() + "/plain/net.pth#sha256=" + server.digest())) {
            Run run = Run.kinglet("weights", "fetch", source, "--offline", "--cache-dir", cache());
            assertThat(run.status()).isEqualTo(1);
            assertThat(run.err()).hasLineCount(1).contains("is not in the cache " + cache(), "offline");
        }
        assertThat(cached()).isEmpty();
        assertThat(server.requests).isEmpty();
    }

    @Test
    void a_download_that_broke_off_goes_on() throws Exception {
        server.cuts.addAll(List.of(100_000, 0, 0, 0, 0));
        assertThatThrownBy(() -> hub().fetch(NAME))
                .isInstanceOf(IOException.class)
                .hasMessageMatching(
                        ".* broke off at byte \\d+ of " + weights.length + ": .*; what has come is kept, .*");
        long kept = Files.size(cache().resolve("hf/" + NAME + "/" + HubServer.COMMIT + "/model.safetensors.part"));
        server.cuts.clear();

        assertThat(hub().fetch(NAME).file()).hasBinaryContent(weights);
        assertThat(server.requests).contains("GET /store/weights bytes=" + kept + "-");
        assertThat(cached()).noneMatch(name -> name.endsWith(".part"));
    }

    @Test
    void a_cached_file_that_changed_is_fetched_again() throws Exception {
        Path file = hub().fetch(NAME).file();
        byte[] damaged = weights.clone();
        damaged[5000] ^= 1;
        Files.write(file, damaged);

        assertThatThrownBy(() -> hub().withoutNetwork().fetch(PINNED)).hasMessageContaining("is damaged");
        assertThat(hub().fetch(PINNED).file()).hasBinaryContent(weights);
    }

    // ---- an address

    @Test
    void a_file_at_an_address_is_checked_by_its_digest() throws Exception {
        WeightHub direct = WeightHub.defaults().withCache(cache());
        String address = server.base() + "/plain/net.safetensors";
        String start = server.digest().substring(0, 8);

        PretrainedWeights whole = direct.fetch(address + "#sha256=" + server.digest());
        assertThat(whole.file()).hasBinaryContent(weights);
        assertThat(whole.source()).isEqualTo(address + "#sha256=" + server.digest());
        PretrainedWeights bySuffix = direct.fetch(server.base() + "/plain/net-" + start + ".pth");
        assertThat(bySuffix.file()).hasBinaryContent(weights);
        assertThat(bySuffix.source()).endsWith("/plain/net-" + start + ".pth#sha256=" + server.digest());
        server.requests.clear();
        assertThat(direct.withoutNetwork().fetch(bySuffix.source())).isNotNull();
        assertThat(direct.fetch(whole.source())).isEqualTo(whole);
        assertThat(server.requests).isEmpty();

        assertThatThrownBy(() -> direct.fetch(server.base() + "/plain/other-00000000.pth"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("00000000 is expected; nothing of it was kept");
        assertThat(cached()).noneMatch(name -> name.contains("other"));
    }

    @Test
    void an_address_without_digest_or_security_is_a_wrong_call() {
        Map<String, String> wrong = Map.of(
                "https://example.org/net.pth", "cannot be checked: add #sha256=",
                "https://example.org/net.pth#md5=12345678", "cannot be checked",
                "http://example.org/net-12345678.pth", "over https only",
                "https://example.org/", "is not the address of a file",
                "hf:net", "hf:owner/name",
                "hf:../../net", "hf:owner/name",
                "timm/net@../main", "hf:owner/name");
        wrong.forEach((source, message) -> {
            Run run = Run.kinglet("weights", "fetch", source, "--cache-dir", cache());
            assertThat(run.status()).as(source).isEqualTo(2);
            assertThat(run.err()).hasLineCount(1).contains(message);
        });
        assertThat(cache()).doesNotExist();
        assertThatThrownBy(() -> hub().withMirror(URI.create("http://mirror.example.org/")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    // ---- the commands

    @Test
    void fetched_weights_become_a_file_with_a_card() throws IOException {
        Path output = folder.resolve("net.safetensors");

        Run run = Run.kinglet(
                "weights",
                "fetch",
                NAME,
                "--output",
                output,
                "--mirror",
                server.base(),
                "--cache-dir",
                cache(),
                "--json");

        assertThat(run.status()).as(run.err()).isZero();
        JsonNode json = new ObjectMapper().readTree(run.out());
        assertThat(json.get("source").textValue()).isEqualTo(PINNED);
        assertThat(json.get("model").textValue()).isEqualTo("resnet20_cifar");
        assertThat(json.get("img_size").intValue()).isEqualTo(40);
        Model read = TrainedModel.read(output);
        assertThat(read.tensors()).isEqualTo(model.tensors());
        assertThat(read.card().preprocessing()).isEqualTo(preprocessing());

        Run list = Run.kinglet("weights", "list", "--cache-dir", cache());
        assertThat(list.status()).as(list.err()).isZero();
        assertThat(list.out())
                .contains("hf:timm/mobilenetv2_100.ra_in1k")
                .contains("hf/timm/net.in1k/" + HubServer.COMMIT + "/model.safetensors");
    }

    private Run train(Object... more) {
        List<Object> words = new ArrayList<>(List.of("train", "--data", shared.resolve("images"), "--batch-size", 8));
        words.addAll(
                List.of("--cache-dir", cache(), "--epochs", 1, "--warmup-epochs", 0, "--lr", 0.001, "--threads", 1));
        words.addAll(List.of("--output", folder.resolve("runs"), "--name", "run"));
        words.addAll(List.of(more));
        return Run.kinglet(words.toArray());
    }

    @Test
    @Tag("native")
    void a_run_that_began_with_fetched_weights_needs_no_network_to_be_resumed() throws IOException {
        SyntheticImages.draw(shared.resolve("images"), 3, 4, 2);
        server.config = CONFIG.replace("\"center\"", "\"squash\"");

        Run trained = train("--pretrained", NAME, "--mirror", server.base());

        assertThat(trained.status()).as(trained.err()).isZero();
        Path run = folder.resolve("runs/run");
        assertThat(run.resolve("args.yaml"))
                .content()
                .contains("model: resnet20_cifar", "pretrained: " + PINNED, "initial_checkpoint: ", "img_size: 40")
                .contains("interpolation: bicubic", "crop_pct: 0.95", "resize: exact", "0.25");
        server.close();
        Run again = Run.kinglet("train", "--resume", run, "--epochs", 2);
        assertThat(again.status()).as(again.err()).isZero();
        deleteRecursively(run.resolve("checkpoints")); // as if it had been killed before the first
        Run fromStart = Run.kinglet("train", "--resume", run, "--epochs", 2);
        assertThat(fromStart.err()).doesNotContain("could not be fetched");
        Run same = train("-c", run.resolve("args.yaml"), "--offline", "--name", "same");
        assertThat(same.status()).as(same.err()).isZero();
    }

    private static void deleteRecursively(Path of) throws IOException {
        try (Stream<Path> files = Files.walk(of)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void a_source_that_cannot_be_meant_is_a_wrong_call() throws IOException {
        Path file = Files.write(folder.resolve("theirs.safetensors"), weights);
        wrongCall(train("--pretrained", NAME, "--mirror", server.base(), "--model", "peleenet"), "leave out --model");
        wrongCall(train("--pretrained", NAME, "--initial-checkpoint", file), "leave one of them out");
        wrongCall(train("--pretrained", file), "--model is missing: ", "does not say which network");
        Run none = train("--pretrained", "no/such.file", "--model", "peleenet");
        assertThat(none.status()).isEqualTo(1);
        assertThat(none.lastLine()).contains("no/such.file: there is no such file");
    }

    private static void wrongCall(Run run, String... parts) {
        assertThat(run.status()).as(run.err()).isEqualTo(2);
        assertThat(run.lastLine()).contains(parts);
    }

    @Test
    void a_file_with_a_card_says_which_network_and_which_preprocessing() throws Exception {
        Path ours = folder.resolve("ours.safetensors");
        ModelFile.write(ours, model);
        PretrainedWeights local = hub().fetch(ours.toString());

        assertThat(local.file()).isEqualTo(ours);
        assertThat(local.variant().map(Variant::name)).contains("resnet20_cifar");
        assertThat(local.preprocessing()).isEqualTo(Optional.of(model.card().preprocessing()));

        Path clone = Files.createDirectory(folder.resolve("clone"));
        Files.writeString(clone.resolve("config.json"), CONFIG);
        Files.write(clone.resolve("model.safetensors"), weights);
        assertThat(hub().fetch(clone.toString()).preprocessing()).contains(preprocessing());
        assertThat(server.requests).isEmpty();
    }
}
