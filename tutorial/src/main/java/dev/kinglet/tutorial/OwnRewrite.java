package dev.kinglet.tutorial;

import dev.kinglet.infer.ExportReport;
import dev.kinglet.infer.Exporter;
import dev.kinglet.network.Layer;
import dev.kinglet.network.Model;
import dev.kinglet.network.Op;
import dev.kinglet.network.Scope;
import dev.kinglet.network.rewrite.Rewrite;
import dev.kinglet.toolkit.Untrained;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Example 6: a change of a network before its export. The exporter compares the file with the network as it was before, and
 * refuses a rewrite that changes its outputs. Argument: {@code OUT.onnx}.
 */
final class OwnRewrite {
    private OwnRewrite() {}

    /** Removes the dropout layers, which only act in training. */
    record RemoveDropout() implements Rewrite {
        @Override
        public String name() {
            return "remove-dropout";
        }

        @Override
        public Model apply(Model model) {
            Scope scope = Scope.root();
            Map<Layer, Layer> rebuilt = new HashMap<>();
            for (Layer layer : model.network().layers()) {
                Layer[] inputs = layer.inputs().stream().map(rebuilt::get).toArray(Layer[]::new);
                boolean removed = layer.op() instanceof Op.Dropout;
                rebuilt.put(layer, removed ? inputs[0] : scope.layer(layer.name(), layer.op(), inputs));
            }
            return new Model(scope.build(model.network().name()), model.tensors(), model.card());
        }
    }

    public static void main(String[] args) throws Exception {
        Model model = Untrained.model("mobilenetv2", 64, 10);
        Exporter exporter = new Exporter(List.of(new RemoveDropout()));
        ExportReport report = exporter.export(model, Path.of(args[0]));
        report.steps().forEach(step -> System.out.println(step.rewrite() + ": " + step.layers() + " layers"));
    }
}
