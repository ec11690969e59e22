// Command kubernetes holds every component of a cluster in one binary, so that shared packages are linked once.
// The first argument names the component: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubelet, kubectl.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"          // --logging-format=json
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // client metrics, as the upstream binaries register them
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

var components = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllermanager.NewControllerManagerCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	"kubelet":                 func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
	"kubectl":                 kubectl.NewDefaultKubectlCommand,
}

func main() {
	if len(os.Args) < 2 {
		fail("name a component: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubelet or kubectl")
	}
	name := os.Args[1]
	os.Args = os.Args[1:]
	if name == "etcd" {
		if err := etcd(os.Args[1:]); err != nil {
			fail(fmt.Sprintf("etcd: %v", err))
		}
		return
	}
	component, known := components[name]
	if !known {
		fail("unknown component " + name)
	}
	os.Exit(cli.Run(component()))
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(2)
}

// etcd runs the embedded server until SIGINT or SIGTERM; its one argument is a configuration file.
func etcd(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("expects one argument, the configuration file")
	}
	configuration, err := embed.ConfigFromFile(args[0])
	if err != nil {
		return err
	}
	server, err := embed.StartEtcd(configuration)
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	select {
	case <-signals:
		server.Close()
		return nil
	case err := <-server.Err():
		return err
	}
}
