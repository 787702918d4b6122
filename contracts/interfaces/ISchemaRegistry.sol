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

    event SchemaDeactivated(bytes32 indexed key, address indexed issuer);

    event SchemaIssuerAllowed(bytes32 indexed key, address indexed issuer, bool allowed);

    /// @notice The schema is open to all issuers: there is nobody to allow.
    error NotRestricted(bytes32 key);

    /// @notice Registers one schema.
    /// @dev Warning: the content is not parsed; that it is a valid schema is for its reader to check.
    /// @return key `keyOf(kind, issuer, name, version)`.
    function register(Registration calldata registration) external returns (bytes32 key);

    /// @notice Registers several schemas, all or none.
    function registerBatch(Registration[] calldata registrations) external returns (bytes32[] memory keys);

    /// @notice `register` by EIP-712 signature, sent by anyone. Type:
    /// `RegisterSchema(uint8 kind,address issuer,string name,string version,bytes content,bool restricted,uint256 nonce,uint256 deadline)`,
    /// nonce = `nonces(signer)`.
    /// @param registration The schema.
    /// @param deadline Last second (since 1970) at which the signature counts.
    /// @param signer Owner or `schema` delegate of `registration.issuer`; an ERC-1271 contract may sign.
    /// @param signature 65 bytes r ‖ s ‖ v, or what the ERC-1271 contract understands.
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
    function setAllowedSigned(
        bytes32 key,
        address[] calldata issuers,
        bool allowed,
        uint256 deadline,
        address signer,
        bytes calldata signature
    ) external;

    /// @notice Whether `issuer` may issue by the schema: true for the schema's own issuer and, where the
    /// schema is not restricted, for all; false for an unknown key.
    /// @dev Warning: says nothing of deactivation, neither of the schema (see `head`) nor of the DID.
    function isAllowed(bytes32 key, address issuer) external view returns (bool);

    /// @notice State of the schema with this key; all zero for an unknown key.
    function head(bytes32 key) external view returns (Head memory);

    /// @notice What other contracts ask of a schema before they build on it, for half the price of `head`;
    /// all zero for an unknown key.
    function stateOf(
        bytes32 key
    ) external view returns (address issuer, SchemaKind kind, bool active, bool restricted);

    /// @notice keccak256(abi.encode(kind, issuer, name, version)).
    function keyOf(
        SchemaKind kind,
        address issuer,
        string calldata name,
        string calldata version
    ) external pure returns (bytes32);
}
