package dev.kinglet.infer;

import dev.kinglet.network.Costs;
import dev.kinglet.network.Model;
import java.util.List;

/**
 * Result of an export.
 *
 * @param written the rewritten model
 * @param bytes of the file
 * @param difference the largest difference between the file's logits and the source's, in standard deviations of the
 *     source's logits; so with its embeddings, if it has them
 * @param steps the source model, and the model after each rewrite that changed it
 */
public record ExportReport(Model written, long bytes, double difference, List<Step> steps) {
    public ExportReport {
        steps = List.copyOf(steps);
    }

    /** The model after one rewrite. */
    public record Step(String rewrite, int layers, Costs costs) {
        static Step of(String rewrite, Model model) {
            return new Step(rewrite, model.network().layers().size(), Costs.of(model.network()));
        }
    }
}
