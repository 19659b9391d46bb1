// Command controller-runtime is a validating webhook as an operator written with controller-runtime has it: typed
// objects, a validator for each, the server that the library brings. It is what neo4jbackup-webhook is measured against.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

func main() {
	certificate := flag.String("cert", "", "certificate, PEM")
	key := flag.String("key", "", "its key, PEM, in the same folder")
	listen := flag.String("listen", "", "address and port")
	flag.Parse()
	if err := serve(*certificate, *key, *listen); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(certificate, key, listen string) error {
	log.SetLogger(logr.Discard())
	host, portText, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("read -listen: %w", err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return fmt.Errorf("read -listen: %w", err)
	}
	scheme := runtime.NewScheme()
	addToScheme(scheme)
	server := webhook.NewServer(webhook.Options{
		Host:     host,
		Port:     port,
		CertDir:  filepath.Dir(certificate),
		CertName: filepath.Base(certificate),
		KeyName:  filepath.Base(key),
	})
	server.Register("/validate", admission.WithValidator(scheme, backupValidator{}))
	server.Register("/validate-restore", admission.WithValidator(scheme, restoreValidator{}))
	return server.Start(context.Background())
}
