package dev.kinglet.serve;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.multipart.AggregatedBodyPart;
import com.linecorp.armeria.common.multipart.Multipart;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.kinglet.infer.Answer;
import dev.kinglet.infer.Classifier.Outputs;
import dev.kinglet.infer.LabeledScore;
import dev.kinglet.onnx.OnnxFile;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Images as they are, for the command lines of TorchServe and DJL Serving: the body is a file, or a form with files; the
 * answer is an array with what {@code kinglet predict --json} gives for each.
 */
final class PredictionService {
    private static final int BEST = 5;
    private static final int MAX_FIELDS = 16; // of a form, that are no files
    private static final MediaType FORM = MediaType.parse("multipart/*");
    private static final String TOP_K = "topk";
    private static final List<String> PARAMETERS = List.of(TOP_K, OnnxFile.EMBEDDING);

    private final ServerState state;

    PredictionService(ServerState state) {
        this.state = state;
    }

    /** A file of a request. */
    @SuppressWarnings("ArrayRecordComponent") // the bytes of a file
    private record Upload(String name, byte[] bytes) {}

    /** Adds its paths. */
    void addTo(ServerBuilder server) {
        for (String path : new String[] {"/predictions/{model}", "/predictions/{model}/{version}"}) {
            server.route().path(path).methods(HttpMethod.POST, HttpMethod.PUT).build(this::predict);
        }
    }

    private HttpResponse predict(ServiceRequestContext ctx, HttpRequest http) {
        String model = RestService.model(ctx);
        checkParameters(ctx);
        int best = best(ctx);
        boolean embeddings = wantsEmbeddings(ctx);
        return state.answer(
                ctx,
                http,
                length -> isForm(http.contentType()) ? length : 0,
                body -> uploads(body).thenCompose(uploads -> {
                    List<ImageInput> images = uploads.stream()
                            .<ImageInput>map(upload -> new ImageInput.Encoded(upload.bytes()))
                            .toList();
                    return state.inference()
                            .run(
                                    model,
                                    RestService.version(ctx),
                                    state.caller(ctx),
                                    version -> input(version, images, embeddings),
                                    (work, outputs) -> Replies.ok(records(work.version(), uploads, outputs, best)));
                }));
    }

    private static void checkParameters(ServiceRequestContext ctx) {
        for (String name : ctx.queryParams().names()) {
            if (!PARAMETERS.contains(name)) {
                throw Refusal.invalid(
                        "there is no query parameter '" + name + "', only " + String.join(" and ", PARAMETERS));
            }
        }
    }

    private static int best(ServiceRequestContext ctx) {
        String text = ctx.queryParam(TOP_K);
        if (text == null) {
            return BEST;
        }
        if (!text.matches("[1-9][0-9]{0,5}")) {
            throw Refusal.invalid("topk is '" + text + "', not how many of the best classes are wanted");
        }
        return Integer.parseInt(text);
    }

    private static boolean wantsEmbeddings(ServiceRequestContext ctx) {
        String text = ctx.queryParam(OnnxFile.EMBEDDING);
        if (text == null || text.equals("false")) {
            return false;
        }
        if (!text.equals("true")) {
            throw Refusal.invalid("embedding is '" + text + "', neither true nor false");
        }
        return true;
    }

    private static Inference.Input input(LoadedVersion version, List<ImageInput> images, boolean embeddings) {
        if (embeddings && version.classifier().features().isEmpty()) {
            throw Refusal.invalid("the model " + version.model() + " has no embeddings: " + Inference.EXPORT);
        }
        return new Inference.Input(images, embeddings);
    }

    private CompletableFuture<List<Upload>> uploads(AggregatedHttpRequest body) {
        MediaType type = body.contentType();
        if (type == null || !isForm(type)) {
            return CompletableFuture.completedFuture(
                    List.of(new Upload("", body.content().array())));
        }
        checkParts(type, body.content().array());
        CompletableFuture<List<Upload>> uploads;
        try {
            uploads = Multipart.from(body.toHttpRequest()).aggregate().thenApply(form -> files(form.bodyParts()));
        } catch (IllegalStateException | IllegalArgumentException e) { // no boundary
            throw Refusal.invalid("the form cannot be read: " + e.getMessage());
        }
        return uploads.exceptionally(failure -> {
            throw Refusal.invalid("the form cannot be read: "
                    + (failure.getCause() == null ? failure : failure.getCause()).getMessage());
        });
    }

    private static boolean isForm(@Nullable MediaType type) {
        return type != null && type.belongsTo(FORM);
    }

    /** The parts with a file's name; all of them, if none has one. */
    private static List<Upload> files(List<AggregatedBodyPart> parts) {
        boolean named = parts.stream().anyMatch(part -> part.filename() != null);
        return parts.stream()
                .filter(part -> !named || part.filename() != null)
                .map(PredictionService::upload)
                .toList();
    }

    /** Counts the parts before they are taken apart: of nine bytes each there may be millions. */
    private void checkParts(MediaType type, byte[] body) {
        List<String> boundary = type.parameters().getOrDefault("boundary", List.of());
        if (boundary.isEmpty()) {
            throw Refusal.invalid("the form cannot be read: its content-type names no boundary");
        }
        byte[] wanted = ("--" + boundary.get(0)).getBytes(StandardCharsets.ISO_8859_1);
        int max = state.limits().requestImages() + MAX_FIELDS;
        int parts = 0;
        for (int i = 0; i + wanted.length <= body.length; i++) {
            if (Arrays.equals(body, i, i + wanted.length, wanted, 0, wanted.length) && ++parts > max) {
                throw new Refusal(Refusal.Kind.TOO_LARGE, "the form has more than " + max + " parts (max-images)");
            }
        }
    }

    private static Upload upload(AggregatedBodyPart part) {
        String file = part.filename();
        String field = part.name();
        return new Upload(
                file != null ? file : field != null ? field : "", part.content().array());
    }

    private static ArrayNode records(LoadedVersion version, List<Upload> uploads, Outputs outputs, int best) {
        ArrayNode records = Replies.MAPPER.createArrayNode();
        int classes = version.classes();
        int features = outputs.embeddings().length / uploads.size();
        for (int i = 0; i < uploads.size(); i++) {
            ObjectNode record =
                    records.addObject().put("file_name", uploads.get(i).name());
            ArrayNode ids = record.putArray("class_ids");
            ArrayNode scores = record.putArray("scores");
            ArrayNode labels = record.putArray("label_names");
            Answer answer = answer(version, outputs.logits(), i * classes, best);
            for (LabeledScore score : answer.scores()) {
                ids.add(score.index());
                scores.add(score.score());
                labels.add(score.label());
            }
            if (answer.isUnknown()) {
                record.put("unknown", true);
            }
            if (features > 0) {
                ArrayNode embedding = record.putArray(OnnxFile.EMBEDDING);
                for (int at = i * features; at < (i + 1) * features; at++) {
                    embedding.add(outputs.embeddings()[at]);
                }
            }
        }
        return records;
    }

    private static Answer answer(LoadedVersion version, float[] logits, int first, int best) {
        try {
            return Answer.of(Arrays.copyOfRange(logits, first, first + version.classes()), version.card(), best);
        } catch (IllegalArgumentException e) { // of weights that are not numbers
            throw new Refusal(Refusal.Kind.FAILED, "the model gives no usable answer: " + e.getMessage());
        }
    }
}
