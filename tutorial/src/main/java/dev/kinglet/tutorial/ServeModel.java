package dev.kinglet.tutorial;

import dev.kinglet.image.ImageLimits;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.serve.Server;
import dev.kinglet.serve.ServerOptions;
import java.nio.file.Path;

/**
 * Example 8: a file behind HTTP and gRPC, until the program is stopped. Arguments: {@code MODEL.onnx PORT}. Then
 *
 * <pre>{@code
 * curl -T photo.jpg http://127.0.0.1:8080/predictions/birds
 * }</pre>
 */
final class ServeModel {
    private ServeModel() {}

    public static void main(String[] args) throws Exception {
        ImageLimits uploads = ImageLimits.defaults().withMaxPixels(25_000_000);
        ClassifierOptions options =
                ClassifierOptions.defaults().withImageLimits(uploads).withWarmUp();
        Classifier classifier = Classifier.open(Path.of(args[0]), options); // the server closes it
        Server server = Server.of(ServerOptions.of("birds", classifier).withPort(Integer.parseInt(args[1])));
        Runtime.getRuntime().addShutdownHook(new Thread(server::close)); // answers what it has accepted first
        System.out.println(server.start().uri());
    }
}
