import dev.kinglet.infer.Classifier;
import java.nio.file.Path;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;

@EnableAutoConfiguration
public class Boot {
    public static void main(String[] args) throws Exception { // MODEL.onnx PHOTO
        String model = "--kinglet.models.shapes.path=" + args[0];
        try (ConfigurableApplicationContext context = SpringApplication.run(Boot.class, model)) {
            Classifier classifier = context.getBean("shapes", Classifier.class);
            System.out.println(classifier.classify(Path.of(args[1])).get(0));
        }
    }
}
