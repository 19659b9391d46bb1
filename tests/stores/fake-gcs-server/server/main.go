// Command server is fake-gcs-server with the bucket "backups", and with the simple upload of the XML API, which it knows only for
// signed URLs, and to which it gives no ETag, as Google does. Usage: server HOST:PORT
package main

import (
	"log"
	"net/http"
	"os"

	"github.com/fsouza/fake-gcs-server/fakestorage"
)

func main() {
	address := os.Args[1]
	server, err := fakestorage.NewServerWithOptions(fakestorage.Options{NoListener: true, PublicHost: address})
	if err != nil {
		log.Fatal(err)
	}
	server.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: "backups"})
	handler := server.HTTPHandler()
	log.Fatal(http.ListenAndServe(address, http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		if request.Method == http.MethodPut {
			query := request.URL.Query()
			query.Set("X-Goog-Algorithm", "none")
			request.URL.RawQuery = query.Encode()
			writer.Header().Set("ETag", `"1"`)
		}
		handler.ServeHTTP(writer, request)
	})))
}
