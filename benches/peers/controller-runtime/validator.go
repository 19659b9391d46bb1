package main

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

var (
	bucketName    = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	roleARN       = regexp.MustCompile(`^arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/([\w+=,.@/-]*/)?[\w+=,.@-]{1,64}$`)
	googleAccount = regexp.MustCompile(`^[a-z][-a-z0-9]{4,28}[a-z0-9]@[a-z][-a-z0-9]{4,28}[a-z0-9]\.iam\.gserviceaccount\.com$`)
	clientID      = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	pageCache     = regexp.MustCompile(`^[0-9]+[KMG]?$`)
)

var providerOf = map[string]string{"s3": "aws", "gcs": "gcp", "azure": "azure"}

type backupValidator struct{}

func (backupValidator) ValidateCreate(_ context.Context, backup *Neo4jBackup) (admission.Warnings, error) {
	return nil, invalid(backup.Kind, backup.Name, checkBackup(backup))
}

func (v backupValidator) ValidateUpdate(ctx context.Context, _, backup *Neo4jBackup) (admission.Warnings, error) {
	return v.ValidateCreate(ctx, backup)
}

func (backupValidator) ValidateDelete(context.Context, *Neo4jBackup) (admission.Warnings, error) {
	return nil, nil
}

type restoreValidator struct{}

func (restoreValidator) ValidateCreate(_ context.Context, restore *Neo4jRestore) (admission.Warnings, error) {
	return nil, invalid(restore.Kind, restore.Name, checkRestore(restore))
}

func (v restoreValidator) ValidateUpdate(ctx context.Context, _, restore *Neo4jRestore) (admission.Warnings, error) {
	return v.ValidateCreate(ctx, restore)
}

func (restoreValidator) ValidateDelete(context.Context, *Neo4jRestore) (admission.Warnings, error) {
	return nil, nil
}

func invalid(kind, name string, problems field.ErrorList) error {
	if len(problems) == 0 {
		return nil
	}
	return apierrors.NewInvalid(groupVersion.WithKind(kind).GroupKind(), name, problems)
}

func checkBackup(backup *Neo4jBackup) field.ErrorList {
	var problems field.ErrorList
	spec, path := &backup.Spec, field.NewPath("spec")
	scopes := 0
	for _, said := range []bool{spec.Database != "", spec.AllDatabases, spec.ShardedDatabase != ""} {
		if said {
			scopes++
		}
	}
	if scopes != 1 {
		problems = append(problems, field.Invalid(path, "", "exactly one of database, allDatabases and shardedDatabase"))
	}
	if spec.InstanceRef == "" {
		problems = append(problems, field.Required(path.Child("instanceRef"), "the instance to back up"))
	}
	if spec.Schedule != "" {
		// The longest name that the operator derives is that of a CronJob.
		if len(backup.Name) > 52-len("-backup-cron") {
			problems = append(problems, field.TooLong(field.NewPath("metadata", "name"), backup.Name, 40))
		}
		schedule, err := cron.ParseStandard(spec.Schedule)
		switch {
		case err != nil:
			problems = append(problems, field.Invalid(path.Child("schedule"), spec.Schedule, err.Error()))
		case schedule.Next(time.Now()).IsZero():
			problems = append(problems, field.Invalid(path.Child("schedule"), spec.Schedule, "it never fires"))
		}
	}
	if options := spec.Options; options != nil {
		if options.PageCache != "" && !pageCache.MatchString(options.PageCache) {
			problems = append(problems, field.Invalid(path.Child("options", "pageCache"), options.PageCache, "no size"))
		}
		if options.BackupType == "DIFF" && spec.ChainFromBackup == "" {
			problems = append(problems, field.Invalid(path.Child("options", "backupType"), "DIFF", "needs a full backup"))
		}
	}
	if retention := spec.Retention; retention != nil && retention.MaxCount < 0 {
		problems = append(problems, field.Invalid(path.Child("retention", "maxCount"), retention.MaxCount, "negative"))
	}
	return append(problems, checkStorage(&spec.Storage, path.Child("storage"))...)
}

func checkRestore(restore *Neo4jRestore) field.ErrorList {
	var problems field.ErrorList
	source, path := &restore.Spec.Source, field.NewPath("spec", "source")
	if source.PointInTime != "" {
		if _, err := time.Parse(time.RFC3339, source.PointInTime); err != nil {
			problems = append(problems, field.Invalid(path.Child("pointInTime"), source.PointInTime, err.Error()))
		}
	}
	if source.Type == "backup" && source.BackupRef == "" {
		problems = append(problems, field.Required(path.Child("backupRef"), "the backup to restore"))
	}
	if source.Storage != nil {
		problems = append(problems, checkStorage(source.Storage, path.Child("storage"))...)
	}
	return problems
}

func checkStorage(storage *Storage, path *field.Path) field.ErrorList {
	var problems field.ErrorList
	provider, isCloud := providerOf[storage.Type]
	if !isCloud {
		if storage.Type != "pvc" {
			problems = append(problems, field.NotSupported(path.Child("type"), storage.Type, []string{"s3", "gcs", "azure", "pvc"}))
		} else if storage.PVC == nil || storage.PVC.Name == "" && storage.PVC.Size == "" {
			problems = append(problems, field.Required(path.Child("pvc"), "a claim"))
		}
		return problems
	}
	if storage.Bucket == "" {
		problems = append(problems, field.Required(path.Child("bucket"), "the bucket"))
	} else if bucket, _, _ := strings.Cut(storage.Bucket, "/"); !bucketName.MatchString(bucket) {
		problems = append(problems, field.Invalid(path.Child("bucket"), storage.Bucket, "no name of a bucket"))
	}
	for part := range strings.SplitSeq(strings.Trim(storage.Path, "/"), "/") {
		if part == ".." || strings.ContainsAny(part, " '\"") {
			problems = append(problems, field.Invalid(path.Child("path"), storage.Path, "a part of it is refused"))
		}
	}
	cloudPath := path.Child("cloud")
	if storage.Cloud == nil || storage.Cloud.Provider == "" {
		return append(problems, field.Required(cloudPath.Child("provider"), "the cloud"))
	}
	return append(problems, checkCloud(storage.Cloud, provider, cloudPath)...)
}

func checkCloud(cloud *Cloud, provider string, path *field.Path) field.ErrorList {
	var problems field.ErrorList
	if cloud.Provider != provider {
		problems = append(problems, field.Invalid(path.Child("provider"), cloud.Provider, "not the cloud of the store"))
	}
	if cloud.EndpointURL != "" {
		if _, err := url.ParseRequestURI(cloud.EndpointURL); err != nil {
			problems = append(problems, field.Invalid(path.Child("endpointURL"), cloud.EndpointURL, err.Error()))
		}
	}
	identity, path := cloud.Identity, path.Child("identity")
	if identity == nil {
		return problems
	}
	if identity.Provider != provider {
		problems = append(problems, field.Invalid(path.Child("provider"), identity.Provider, "not the cloud of the store"))
	}
	if identity.AutoCreate == nil {
		return problems
	}
	for key, value := range identity.AutoCreate.Annotations {
		var grammar *regexp.Regexp
		switch key {
		case "eks.amazonaws.com/role-arn":
			grammar = roleARN
		case "iam.gke.io/gcp-service-account":
			grammar = googleAccount
		case "azure.workload.identity/client-id":
			grammar = clientID
		}
		if grammar != nil && !grammar.MatchString(value) {
			problems = append(problems, field.Invalid(path.Child("autoCreate", "annotations").Key(key), value, "malformed"))
		}
	}
	return problems
}
