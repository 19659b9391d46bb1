package main

import (
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var groupVersion = schema.GroupVersion{Group: "neo4j.neo4j.com", Version: "v1beta1"}

func addToScheme(scheme *runtime.Scheme) {
	scheme.AddKnownTypes(groupVersion, &Neo4jBackup{}, &Neo4jRestore{})
	metav1.AddToGroupVersion(scheme, groupVersion)
}

// Neo4jBackup has the fields that the validator looks at, and the status, which a typed decoder reads as well.
type Neo4jBackup struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              BackupSpec   `json:"spec,omitempty"`
	Status            BackupStatus `json:"status,omitempty"`
}

// BackupSpec is what a backup asks for.
type BackupSpec struct {
	InstanceRef     string     `json:"instanceRef,omitempty"`
	Database        string     `json:"database,omitempty"`
	AllDatabases    bool       `json:"allDatabases,omitempty"`
	ShardedDatabase string     `json:"shardedDatabase,omitempty"`
	Storage         Storage    `json:"storage"`
	Schedule        string     `json:"schedule,omitempty"`
	Suspend         bool       `json:"suspend,omitempty"`
	ChainFromBackup string     `json:"chainFromBackup,omitempty"`
	Retention       *Retention `json:"retention,omitempty"`
	Options         *Options   `json:"options,omitempty"`
}

// Retention limits what is kept.
type Retention struct {
	MaxAge   string `json:"maxAge,omitempty"`
	MaxCount int32  `json:"maxCount,omitempty"`
}

// Options says how a backup is taken.
type Options struct {
	BackupType string `json:"backupType,omitempty"`
	Compress   *bool  `json:"compress,omitempty"`
	PageCache  string `json:"pageCache,omitempty"`
}

// Storage is a place for artifacts.
type Storage struct {
	Type   string  `json:"type"`
	Bucket string  `json:"bucket,omitempty"`
	Path   string  `json:"path,omitempty"`
	PVC    *Volume `json:"pvc,omitempty"`
	Cloud  *Cloud  `json:"cloud,omitempty"`
}

// Volume is a claim.
type Volume struct {
	Name             string `json:"name,omitempty"`
	StorageClassName string `json:"storageClassName,omitempty"`
	Size             string `json:"size,omitempty"`
}

// Cloud says how to reach an object store.
type Cloud struct {
	Provider             string    `json:"provider,omitempty"`
	CredentialsSecretRef string    `json:"credentialsSecretRef,omitempty"`
	EndpointURL          string    `json:"endpointURL,omitempty"`
	Identity             *Identity `json:"identity,omitempty"`
}

// Identity is a workload identity.
type Identity struct {
	Provider       string      `json:"provider"`
	ServiceAccount string      `json:"serviceAccount,omitempty"`
	AutoCreate     *AutoCreate `json:"autoCreate,omitempty"`
}

// AutoCreate has the annotations of a ServiceAccount.
type AutoCreate struct {
	Enabled     bool              `json:"enabled,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// BackupStatus is what the operator says of a backup.
type BackupStatus struct {
	Phase   string `json:"phase,omitempty"`
	History []Run  `json:"history,omitempty"`
}

// Run is one run.
type Run struct {
	RunID          string         `json:"runID,omitempty"`
	Status         string         `json:"status,omitempty"`
	StartTime      *metav1.Time   `json:"startTime,omitempty"`
	CompletionTime *metav1.Time   `json:"completionTime,omitempty"`
	Stats          map[string]any `json:"stats,omitempty"`
	Artifact       string         `json:"artifact,omitempty"`
	Message        string         `json:"message,omitempty"`
}

// Neo4jRestore has the fields that the validator looks at.
type Neo4jRestore struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              RestoreSpec `json:"spec,omitempty"`
}

// RestoreSpec is what a restore asks for.
type RestoreSpec struct {
	InstanceRef  string `json:"instanceRef,omitempty"`
	Database     string `json:"database,omitempty"`
	AllDatabases bool   `json:"allDatabases,omitempty"`
	StopCluster  bool   `json:"stopCluster,omitempty"`
	Source       Source `json:"source"`
}

// Source is a backup, or the place of one.
type Source struct {
	Type        string   `json:"type"`
	BackupRef   string   `json:"backupRef,omitempty"`
	Storage     *Storage `json:"storage,omitempty"`
	PointInTime string   `json:"pointInTime,omitempty"`
}

// DeepCopyObject is there for the interface; nothing on the measured way copies.
func (in *Neo4jBackup) DeepCopyObject() runtime.Object { return copied(in, &Neo4jBackup{}) }

// DeepCopyObject is there for the interface; nothing on the measured way copies.
func (in *Neo4jRestore) DeepCopyObject() runtime.Object { return copied(in, &Neo4jRestore{}) }

func copied[T runtime.Object](in, out T) T {
	text, err := json.Marshal(in)
	if err == nil {
		err = json.Unmarshal(text, out)
	}
	if err != nil {
		// What was decoded can be encoded.
		panic(err)
	}
	return out
}
