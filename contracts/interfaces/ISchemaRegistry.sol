// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IResourceRegistry} from "./IResourceRegistry.sol";

/// @title ISchemaRegistry
/// @notice Immutable schemas, JSON Schema and AnonCreds, of issuer DIDs. Domain of signatures:
/// `SchemaRegistry`, version `1`, this chain, this contract. Delegate type: `schema`.
interface ISchemaRegistry is IResourceRegistry {
    enum SchemaKind {
        JsonSchema,
        AnonCreds
    }

    /// @notice What is registered; it is immutable.
    struct Registration {
        /// JSON schema or AnonCreds schema.
        SchemaKind kind;
        /// Address of the issuer's DID (the identity, not its present owner).
        address issuer;
        /// Name part of the id.
        string name;
        /// Version part of the id.
        string version;
        /// The schema's bytes, 1 to 122,880.
        bytes content;
        /// Whether only the owner of the schema and the issuers that it allows may issue by it.
        bool restricted;
    }

    /// @notice State of one schema; all zero for an unknown key.
    struct Head {
        address issuer;
        /// Block that holds the SchemaRegistered event.
        uint32 blockNumber;
        /// Time of that block, seconds since 1970 (to the year 2106).
        uint32 timestamp;
        /// Length of the content in bytes.
        uint24 length;
        bool active;
        bool restricted;
        SchemaKind kind;
        /// SHA-256 of the content.
        bytes32 digest;
    }

    /// @notice A schema was registered; this event holds its bytes.
    /// @param key Its key.
    /// @param issuer Address of its issuer's DID.
    /// @param kind JSON schema or AnonCreds schema.
    /// @param name Name part of its id.
    /// @param version Version part of its id.
    /// @param digest SHA-256 of the content.
    /// @param restricted Whether only its issuer and those that it allows may issue by it.
    /// @param content The schema's bytes.
    event SchemaRegistered(
        bytes32 indexed key,
        address indexed issuer,
        SchemaKind kind,
        string name,
        string version,
        bytes32 digest,
        bool restricted,
        bytes content
    );

    /// @notice A schema was deactivated.
    /// @param key Its key.
    /// @param issuer Address of its issuer's DID.
    event SchemaDeactivated(bytes32 indexed key, address indexed issuer);

    /// @notice The issuer of a restricted schema allowed another one to issue by it, or no longer.
    /// @param key The schema's key.
    /// @param issuer Address of the DID that it concerns.
    /// @param allowed What holds from now on.
    event SchemaIssuerAllowed(bytes32 indexed key, address indexed issuer, bool allowed);

    /// @notice The schema is open to all issuers: there is nobody to allow.
    /// @param key Its key.
    error NotRestricted(bytes32 key);

    /// @notice Registers one schema.
    /// @dev Warning: the content is not parsed; that it is a valid schema is for its reader to check.
    /// @param registration The schema; msg.sender must be authorised by its issuer for `schema`.
    /// @return key `keyOf(kind, issuer, name, version)`.
    function register(Registration calldata registration) external returns (bytes32 key);

    /// @notice Registers several schemas, all or none.
    /// @param registrations The schemas.
    /// @return keys Their keys, in the same order.
    function registerBatch(Registration[] calldata registrations) external returns (bytes32[] memory keys);

    /// @notice `register` by EIP-712 signature, sent by anyone. Type:
    /// `RegisterSchema(uint8 kind,address issuer,string name,string version,bytes content,bool restricted,uint256 nonce,uint256 deadline)`,
    /// nonce = `nonces(signer)`.
    /// @param registration The schema.
    /// @param deadline Last second (since 1970) at which the signature counts.
    /// @param signer Owner or `schema` delegate of `registration.issuer`; an ERC-1271 contract may sign.
    /// @param signature 65 bytes r ‖ s ‖ v, or what the ERC-1271 contract understands.
    /// @return key `keyOf(kind, issuer, name, version)`.
    function registerSigned(
        Registration calldata registration,
        uint256 deadline,
        address signer,
        bytes calldata signature
    ) external returns (bytes32 key);

    /// @notice Allows issuers to issue by a restricted schema, or no longer.
    /// @dev Warning: credentials issued while an issuer was allowed stay valid; a verifier that cares compares
    /// with the SchemaIssuerAllowed events.
    /// @param key A restricted schema; msg.sender must be authorised by its issuer for `schema`.
    /// @param issuers Addresses of issuer DIDs.
    /// @param allowed What holds for all of them from now on.
    function setAllowed(bytes32 key, address[] calldata issuers, bool allowed) external;

    /// @notice `setAllowed` by EIP-712 signature, sent by anyone. Type:
    /// `SetAllowed(bytes32 key,address[] issuers,bool allowed,uint256 nonce,uint256 deadline)`,
    /// nonce = `nonces(signer)`.
    /// @param key A restricted schema.
    /// @param issuers Addresses of issuer DIDs.
    /// @param allowed What holds for all of them from now on.
    /// @param deadline Last second (since 1970) at which the signature counts.
    /// @param signer Owner or `schema` delegate of the schema's issuer; an ERC-1271 contract may sign.
    /// @param signature 65 bytes r ‖ s ‖ v, or what the ERC-1271 contract understands.
    function setAllowedSigned(
        bytes32 key,
        address[] calldata issuers,
        bool allowed,
        uint256 deadline,
        address signer,
        bytes calldata signature
    ) external;

    /// @notice Whether an issuer may issue by the schema: true for the schema's own issuer and, where the
    /// schema is not restricted, for all; false for an unknown key.
    /// @dev Warning: says nothing of deactivation, neither of the schema (see `head`) nor of the DID.
    /// @param key The schema's key.
    /// @param issuer Address of the issuer's DID.
    /// @return Whether it may.
    function isAllowed(bytes32 key, address issuer) external view returns (bool);

    /// @notice State of one schema; all zero for an unknown key.
    /// @param key The schema's key.
    /// @return Its state.
    function head(bytes32 key) external view returns (Head memory);

    /// @notice What other contracts ask of a schema before they build on it, for half the price of `head`;
    /// all zero for an unknown key.
    /// @param key The schema's key.
    /// @return issuer Address of its issuer's DID.
    /// @return kind JSON schema or AnonCreds schema.
    /// @return active Whether it was not deactivated.
    /// @return restricted Whether only its issuer and those that it allows may issue by it.
    function stateOf(
        bytes32 key
    ) external view returns (address issuer, SchemaKind kind, bool active, bool restricted);

    /// @notice Key of the schema with this name, registered or not.
    /// @param kind JSON schema or AnonCreds schema.
    /// @param issuer Address of the issuer's DID.
    /// @param name Name part of the id.
    /// @param version Version part of the id.
    /// @return keccak256(abi.encode(kind, issuer, name, version)).
    function keyOf(
        SchemaKind kind,
        address issuer,
        string calldata name,
        string calldata version
    ) external pure returns (bytes32);
}
